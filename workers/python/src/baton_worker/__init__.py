"""Workers for Baton's workflows.

    from baton_worker import TaskContext, TaskFailure, Worker

    worker = Worker("greeter")

    @worker.activity("greet")
    async def greet(person, context: TaskContext):
        if not person.get("name"):
            raise TaskFailure("Greeting.NoName", "a greeting needs a name")
        return {"text": f"Hello, {person['name']}!"}

    if __name__ == "__main__":
        worker.main()
"""

from ._configuration import WorkerConfiguration, WorkerConfigurationError
from ._context import TaskContext
from ._failure import TaskFailure
from ._worker import Handler, Worker

__all__ = ["Handler", "TaskContext", "TaskFailure", "Worker", "WorkerConfiguration", "WorkerConfigurationError"]
