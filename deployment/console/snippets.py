"""What a caller copies: the call of a deployment in several languages, with its real address, without its key."""

from __future__ import annotations

from dataclasses import dataclass

CURL = """\
curl -H "Authorization: Bearer $KEY" -H 'Prefer: wait=60' -F files=@document.pdf \\
     {base}/v1/deployments/{org}/{name}/executions
"""
PYTHON = """\
import os, requests

reply = requests.post(
    "{base}/v1/deployments/{org}/{name}/executions",
    headers={{"Authorization": f"Bearer {{os.environ['KEY']}}", "Prefer": "wait=60"}},
    files={{"files": open("document.pdf", "rb")}},
)
reply.raise_for_status()
print(reply.json()["results"][0]["output"])
"""
UNSTRACT = """\
import os
from unstract.api_deployments.client import APIDeploymentsClient

client = APIDeploymentsClient(
    api_url="{base}/deployment/api/{org}/{name}/", api_key=os.environ["KEY"], api_timeout=60
)
print(client.structure_file(["document.pdf"])["extraction_result"])
"""
RECEIVER = """\
import os
from flask import Flask, request
from standardwebhooks import Webhook

app = Flask(__name__)
webhook = Webhook(os.environ["WEBHOOK_SECRET"])

@app.post("/airlock")
def told():
    event = webhook.verify(request.get_data(), dict(request.headers))  # raises if it is not from here
    print(event["type"], event["data"]["execution_id"])
    return "", 204
"""


@dataclass(frozen=True)
class Snippet:
    """Something to copy."""

    name: str
    text: str


def snippets(base: str, org: str, name: str) -> list[Snippet]:
    """For the deployment `name` of `org`, reached at `base`."""
    written = {"curl": CURL, "Python": PYTHON, "unstract-client": UNSTRACT, "Webhook receiver": RECEIVER}
    return [Snippet(title, text.format(base=base, org=org, name=name)) for title, text in written.items()]
