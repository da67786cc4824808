"""What stands in the paths of the native API."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field


class ExecutionPath(BaseModel):
    """`/executions/{execution_id}/…`."""

    execution_id: UUID


class OutputPath(ExecutionPath):
    """`/executions/{execution_id}/files/{file_id}/outputs/{number}`."""

    file_id: UUID
    number: int = Field(description="its place among the outputs of the file, from 1")


class DeploymentPath(BaseModel):
    """`/deployments/{org}/{name}/…`."""

    org: str
    name: str


class EndpointPath(DeploymentPath):
    """`/deployments/{org}/{name}/webhooks/{endpoint_id}/…`."""

    endpoint_id: UUID


class DeliveryPath(BaseModel):
    """`/deliveries/{delivery_id}/…`."""

    delivery_id: UUID
