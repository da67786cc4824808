"""Reading a JSON body of the native API into its model."""

from __future__ import annotations

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from deployment.api.errors import FieldError, invalid
from deployment.api.json_object import NotAnObject, parse_object
from deployment.api.multipart import FORM_ALLOWANCE
from deployment.api.v1.problem import breaches

Model = TypeVar("Model", bound=BaseModel)


def read_body(model: type[Model]) -> Model:
    """The body of the current request, whatever its content type says; none is an empty object.

    Raises `Refused` with 400 and every breach, or 413. The library's own reading would answer a body that is nested
    too deeply with 500.
    """
    request.max_content_length = FORM_ALLOWANCE
    try:
        return model.model_validate(parse_object(request.get_data(as_text=True) or "{}"))
    except NotAnObject as error:
        raise invalid(FieldError("invalid", f"Send a JSON object: {error}")) from None
    except ValidationError as error:
        raise invalid(*breaches(error)) from None
