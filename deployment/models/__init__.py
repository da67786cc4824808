"""The tables. Their rules are CHECKs where a database can hold them; `lifecycle` keeps the rest."""

from deployment.models.audit import AuditLine, audit
from deployment.models.delivery import Delivery, DeliveryTry
from deployment.models.execution import Execution, is_one_of, with_files
from deployment.models.file import ExecutionFile
from deployment.models.label import ExecutionLabel
from deployment.models.log import LogLine, write_log
from deployment.models.people import USER_NAME, FailedLogin, Role, User, UserSession
from deployment.models.scopes import CALLING, Scope
from deployment.models.states import LIVE, OPEN, TEST_EVENT, DeliveryStatus, EventType, ExecutionStatus, FileStatus
from deployment.models.tally import Tally
from deployment.models.tenancy import ApiKey, Deployment, Installation, Organization
from deployment.models.usage import Usage
from deployment.models.webhook import WebhookEndpoint

__all__ = [
    "CALLING",
    "LIVE",
    "OPEN",
    "TEST_EVENT",
    "USER_NAME",
    "ApiKey",
    "AuditLine",
    "Delivery",
    "DeliveryStatus",
    "DeliveryTry",
    "Deployment",
    "EventType",
    "Execution",
    "ExecutionFile",
    "ExecutionLabel",
    "ExecutionStatus",
    "FailedLogin",
    "FileStatus",
    "Installation",
    "LogLine",
    "Organization",
    "Role",
    "Scope",
    "Tally",
    "Usage",
    "User",
    "UserSession",
    "WebhookEndpoint",
    "audit",
    "is_one_of",
    "with_files",
    "write_log",
]
