// The official Node.js library of the international site at work: reads calls from stdin, writes outcomes to stdout.
// A call with `action` gives the answer as it came, one without goes through the typed classes, which know fewer fields.
// `clock` is how far this machine's clock is off, in seconds.
"use strict";

const readline = require("readline");
const { common, ocr } = require("tencentcloud-sdk-nodejs-intl-en");
const { Client, Models } = ocr.v20181119;

const realNow = Date.now;

function call(asked) {
  const http = new common.HttpProfile("http://", asked.address, asked.method || "POST", 60);
  const profile = new common.ClientProfile(asked.sign_method, http);
  const credential = new common.Credential(asked.secret_id, asked.secret_key, asked.token);
  const client = new Client(credential, asked.region || "", profile);
  if (asked.version !== undefined) client.apiVersion = asked.version;
  const request = new Models.MainlandPermitOCRRequest();
  Object.assign(request, asked.parameters);
  const failed = (error) => ({
    answer: {},
    code: error.code || "",
    message: error.message,
    request_id: error.requestId,
  });
  if (asked.action) return client.doRequest(asked.action, request, {}).then((answer) => ({ answer }), failed);
  return new Promise((resolve) =>
    client.MainlandPermitOCR(request, (error, response) =>
      resolve(error ? failed(error) : { answer: JSON.parse(response.to_json_string()) })
    )
  );
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    Date.now = () => realNow() + (asked.clock || 0) * 1000;
    process.stdout.write(JSON.stringify(await call(asked)) + "\n");
  }
})();
