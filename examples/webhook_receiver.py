"""A receiver of Airlock's webhooks: `WEBHOOK_SECRET=whsec_… flask --app examples.webhook_receiver run`."""

from __future__ import annotations

import os

from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
seen: set[str] = set()  # in a database, if it is to outlive this process


@app.post("/hook")
def receive() -> tuple[str, int]:
    """Verify first; then answer fast, and work afterwards: who gets no 2xx in 20 seconds sends it again."""
    try:
        message = Webhook(os.environ["WEBHOOK_SECRET"]).verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "not signed by whom we know", 401
    if request.headers["webhook-id"] not in seen:  # it is sent at least once
        seen.add(request.headers["webhook-id"])
        print(message["type"], message["data"].get("execution"))
    return "", 204
