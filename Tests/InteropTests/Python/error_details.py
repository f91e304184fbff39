"""Google's ten error details, in a status that a server sends and a client reads.

    python error_details.py serve
    python error_details.py call ADDRESS

As a server it prints `running... ADDRESS` once it accepts, and ends every call with the status. As a client it
calls, and prints `the status is the same` if the call ends with it.
"""

import sys

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

import serving

SERVICE = "test.Details"
METHOD = "Fail"


def packed(message):
    detail = any_pb2.Any()
    detail.Pack(message)
    return detail


# A test in Swift has the same.
LOCALIZED = error_details_pb2.LocalizedMessage(locale="de-CH", message="grüezi 世界")
DETAILS = (
    error_details_pb2.ErrorInfo(reason="OUT_OF_STOCK", domain="shop.example", metadata={"article": "teapot"}),
    error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=3, nanos=500_000_001)),
    error_details_pb2.DebugInfo(stack_entries=["main", "order"], detail="line 7"),
    error_details_pb2.QuotaFailure(
        violations=[
            error_details_pb2.QuotaFailure.Violation(
                subject="project:shop",
                description="too many orders",
                api_service="shop.example",
                quota_metric="shop.example/orders",
                quota_id="orders-per-day",
                quota_dimensions={"region": "west"},
                quota_value=2**40,
                future_quota_value=0,
            ),
            error_details_pb2.QuotaFailure.Violation(subject="clientip:192.0.2.1", description="too many calls"),
        ]
    ),
    error_details_pb2.PreconditionFailure(
        violations=[
            error_details_pb2.PreconditionFailure.Violation(
                type="TERMS", subject="shop.example/terms", description="not accepted"
            )
        ]
    ),
    error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field="order.items[2].count", description="negative", reason="NEGATIVE", localized_message=LOCALIZED
            ),
            error_details_pb2.BadRequest.FieldViolation(field="order.name", description="empty"),
        ]
    ),
    error_details_pb2.RequestInfo(request_id="r-1", serving_data="s-2"),
    error_details_pb2.ResourceInfo(
        resource_type="table", resource_name="orders", owner="project:shop", description="locked"
    ),
    error_details_pb2.Help(
        links=[error_details_pb2.Help.Link(description="the manual", url="https://shop.example/help")]
    ),
    LOCALIZED,
)
STATUS = status_pb2.Status(
    code=code_pb2.FAILED_PRECONDITION,
    message="grüße 世界",
    details=[packed(detail) for detail in DETAILS] + [any_pb2.Any(type_url="type.example/x.Y", value=b"\x00\xff")],
)


def fail(request, context):
    context.abort_with_status(rpc_status.to_status(STATUS))


def serve():
    handlers = {METHOD: grpc.unary_unary_rpc_method_handler(fail)}
    service = grpc.method_handlers_generic_handler(SERVICE, handlers)
    serving.serve_sync("127.0.0.1:0", lambda server: server.add_generic_rpc_handlers((service,)))


def call(address):
    with grpc.insecure_channel(address, options=(("grpc.enable_http_proxy", 0),)) as channel:
        try:
            channel.unary_unary(f"/{SERVICE}/{METHOD}")(b"", timeout=60)
        except grpc.RpcError as error:
            status = rpc_status.from_call(error)
        else:
            sys.exit("the call succeeded")
    if status != STATUS:
        sys.exit(f"expected:\n{STATUS}\ncame:\n{status}")
    print("the status is the same")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["call"] and len(sys.argv) == 3:
        call(sys.argv[2])
    else:
        sys.exit(__doc__)
