// grpc++'s blocking client, one call after the other: client_sync --target HOST:PORT [--seconds S]
//   [--payload BYTES] [--count N]
#include <unistd.h>

#include "client.h"
#include "compute.grpc.pb.h"
#include "measure.h"

int main(int argc, char** argv) {
  Arguments arguments{argc, argv};
  auto stub = compute::Compute::NewStub(Connect(arguments));
  long payload = arguments.Number("--payload", 6);
  compute::HelloRequest request;
  request.set_helloworld(std::string(payload, 'a'));
  compute::HelloReply reply;
  Histogram latencies;
  uint64_t errors = 0;
  auto call = [&](Histogram* into) {
    grpc::ClientContext context;
    uint64_t start = Now();
    grpc::Status status = stub->SayHello(&context, request, &reply);
    if (!status.ok() || reply.result() != std::to_string(payload))
      errors++;
    else if (into)
      into->Add(Now() - start);
  };
  int pid = arguments.Number("--server-pid", 0);
  long count = arguments.Number("--count", -1);
  uint64_t end = Now() + (count < 0 ? arguments.Seconds("--warmup", 0.5) * 1e9 : 0);
  while (Now() < end) call(nullptr);
  Moment from(pid);
  end = from.time + arguments.Seconds("--seconds", 2) * 1e9;
  while (count < 0 ? Now() < end : count-- > 0) call(&latencies);
  Print(from, Moment(pid), latencies, errors);
  _exit(0);
}
