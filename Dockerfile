# The hub, and the simulated chargers, in one image. See docker-compose.yml.
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY chargehub chargehub
COPY chargers chargers
COPY docs/chargers docs/chargers
RUN python -m venv /opt/chargehub \
    && /opt/chargehub/bin/pip install --no-cache-dir -c constraints.txt '.[scale]'

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin chargehub \
    && install -d -o chargehub -g chargehub -m 0750 /data
COPY --from=build /opt/chargehub /opt/chargehub
ENV PATH=/opt/chargehub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CHARGEHUB_DATABASE=sqlite:////data/chargehub.sqlite \
    CHARGEHUB_SECRET_FILE=/data/chargehub.secret
WORKDIR /data
USER chargehub
VOLUME /data
EXPOSE 8000 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["chargehub", "serve", "--http", "0.0.0.0:8000", "--ocpp", "0.0.0.0:9000"]
