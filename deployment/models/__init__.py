"""The tables. Their rules are CHECKs where a database can hold them; `lifecycle` keeps the rest."""

from deployment.models.delivery import Delivery
from deployment.models.execution import Execution, is_one_of
from deployment.models.file import ExecutionFile
from deployment.models.log import LogLine, write_log
from deployment.models.states import LIVE, OPEN, DeliveryStatus, ExecutionStatus, FileStatus
from deployment.models.tenancy import ApiKey, Deployment, Installation, Organization

__all__ = [
    "LIVE",
    "OPEN",
    "ApiKey",
    "Delivery",
    "DeliveryStatus",
    "Deployment",
    "Execution",
    "ExecutionFile",
    "ExecutionStatus",
    "FileStatus",
    "Installation",
    "LogLine",
    "Organization",
    "is_one_of",
    "write_log",
]
