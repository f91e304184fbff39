"""A client that knows no contract, and learns them from a server by grpcio-reflection.

    python reflection_client.py ADDRESS TEXT

Prints `services NAMES`, `SERVICE METHODS` of `compute.Compute`, `status NAMES` with the values of an enum, `extensions
NUMBERS` of a message, `nothing` of a name that the server does not know, and `answer TEXT` of a call that it makes with
the messages that it has learned.
"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

address, text = sys.argv[1:]
with grpc.insecure_channel(address, options=(("grpc.enable_http_proxy", 0),)) as channel:
    database = ProtoReflectionDescriptorDatabase(channel)
    print("services", *sorted(database.get_services()))
    pool = DescriptorPool(database)
    service = pool.FindServiceByName("compute.Compute")
    print(service.full_name, *(method.name for method in service.methods))
    status = pool.FindEnumTypeByName("grpc.health.v1.HealthCheckResponse.ServingStatus")
    print("status", *(value.name for value in status.values))
    print("extensions", *database.FindAllExtensionNumbers("compute.HelloRequest"))
    try:
        pool.FindMessageTypeByName("compute.Nothing")
    except KeyError:
        print("nothing")
    method = service.methods_by_name["SayHello"]
    call = channel.unary_unary(
        f"/{service.full_name}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    print("answer", call(GetMessageClass(method.input_type)(helloworld=text), timeout=60).result)
