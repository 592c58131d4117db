"""How the operations of HippocampAI's automation and of its other rooms are called so that they work."""

from tests.isolation.recipes import Op

AUTOMATION: dict[str, Op] = {
    "POST api/v1/users/{user_id}/policy": Op({"summarization_threshold": 500}),
    "GET api/v1/users/{user_id}/policy": Op(ok=(404,)),  # none is there
    "DELETE api/v1/users/{user_id}/policy": Op(ok=(404,)),
    "GET api/v1/users/{user_id}/statistics": Op(),
    "POST users/{user_id}/policy": Op({"summarization_threshold": 500}),
    "GET users/{user_id}/policy": Op(ok=(404,)),
    "DELETE users/{user_id}/policy": Op(ok=(404,)),
    "GET users/{user_id}/statistics": Op(),
    "POST api/v1/users/{user_id}/tasks": Op({"task_type": "decay"}),
    "GET api/v1/users/{user_id}/tasks": Op(),
    "GET api/v1/tasks/status/{task_id}": Op(),
    "POST api/v1/tasks/cancel/{task_id}": Op(),
    "GET api/v1/tasks/inspect/stats": Op(),
    "GET api/v1/tasks/inspect/queues": Op(),
    "GET api/v1/tasks/scheduled": Op(),
    "POST api/v1/tasks/scheduled/{task_name}/run": Op(named={"task_name": "policy"}, ok=(404,)),  # a job is before it
}
ROOMS: dict[str, Op] = {}

OPS: dict[str, Op] = AUTOMATION | ROOMS
