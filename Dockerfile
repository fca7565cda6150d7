# One image for every process; docker-compose.yml names the command of each.
FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app DJANGO_SETTINGS_MODULE=kyc_portal.settings
WORKDIR /app
COPY requirements/ requirements/
# Set to anything, it installs what portraits are compared with (docs/portraits.md).
ARG PORTRAITS=
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt -r requirements/engine.txt \
    ${PORTRAITS:+-r requirements/portraits.txt}
COPY . .
# No process may write bytecode, so it is made here, the standard library's too: compiling costs time and memory at each start.
RUN python scripts/messages compile \
    && python -m compileall -q -x '/(site-packages|tests?)/' "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" /app
# Values of no worth: collecting the style sheets reads settings, and opens nothing.
RUN KYC_ENV=production DATABASE_URL=postgresql:///x REDIS_URL=redis://x STORAGE_URL=file:///x \
    OCR_ENDPOINT=http://x OCR_SECRET_ID=x OCR_SECRET_KEY=x MASTER_KEY=x DIGEST_KEY=x \
    SECRET_KEY=only-while-style-sheets-are-collected \
    ALLOWED_HOSTS=x EMAIL_URL=smtp://x EMAIL_FROM=x SUPPORT_EMAIL=x BUSINESS_NAME=x python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --system --uid 10001 --home-dir /app portal
# A named volume takes the owner of the folder it is mounted on.
RUN mkdir /checkpoints && chown 10001 /checkpoints
USER 10001
EXPOSE 8000
# The web's; docker-compose.yml says how the other processes are asked.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8000/health/live', timeout=5)"]
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "24", "--no-ws", "--log-level", "warning", "kyc_portal.wsgi:application"]
