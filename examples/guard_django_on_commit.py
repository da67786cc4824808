"""Django's `transaction.on_commit` beside the guard: what each leaves behind when something fails.

    python -m examples.guard_django_on_commit

Both enqueue after the row is committed. Only the guard undoes what is no row, and fails the row when that is too late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.db import connection, models, transaction

from guards import Standing, pre_dispatch_guard

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
settings.configure(DATABASES={"default": SQLITE}, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()


class Job(models.Model):  # type: ignore[misc, unused-ignore]
    status = models.CharField(max_length=16, default="PENDING")
    error = models.TextField(default="")
    token = models.CharField(max_length=32, default="")

    class Meta:
        app_label = "jobs"


class JobLedger:
    """Django's ORM has compare-and-swap: `filter(…).update(…)` tells how many rows it has changed."""

    def seal(self, run: int, token: str) -> bool:
        jobs = Job.objects.filter(id=run, token=token, status="PENDING")
        return jobs.update(status="QUEUED") == 1 or self.standing(run, token) is Standing.SEALED

    def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        jobs = Job.objects.filter(id=run, token=token, status="QUEUED" if sealed else "PENDING")
        won = jobs.update(status="ERROR", error=reason) == 1
        return won or self.standing(run, token) is Standing.FAILED

    def standing(self, run: int, token: str) -> Standing:
        status = Job.objects.filter(id=run, token=token).values_list("status", flat=True).first() or ""
        known = {"PENDING": Standing.OPEN, "QUEUED": Standing.SEALED, "ERROR": Standing.FAILED}
        return known.get(status, Standing.TAKEN)


Step = Callable[[Any], object]


def with_on_commit(files: set[str], stage: Step, enqueue: Step) -> None:
    with transaction.atomic():
        job = Job.objects.create()
        files.add("document")
        stage(job)
        transaction.on_commit(lambda: enqueue(job.pk))


def with_the_guard(files: set[str], stage: Step, enqueue: Step) -> None:
    with pre_dispatch_guard(JobLedger(), run_id=lambda job: job.pk) as guard:
        job = guard.open(lambda: Job.objects.create(token=guard.token))
        guard.on_failure(files.discard, "document")
        files.add("document")
        stage(job)
        guard.dispatch(enqueue, job.pk)


def fails(_: Any) -> None:
    raise ConnectionError("connection refused")


def main() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Job)
    for fault, stage, enqueue in (("storage down", fails, print), ("queue down", bool, fails)):
        for submit in (with_on_commit, with_the_guard):
            files: set[str] = set()
            try:
                submit(files, stage, enqueue)
            except ConnectionError:
                row = Job.objects.values_list("status", "error").last() or "no row"
                print(f"{fault}, {submit.__name__}: {row}, files left: {len(files)}")
            Job.objects.all().delete()


if __name__ == "__main__":
    main()
