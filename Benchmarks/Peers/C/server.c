// The floor: a server on grpc/grpc.h and protobuf-c alone, on one thread.
// server_c --port PORT [--tls-cert F --tls-key F]
//
// 128 requests wait for calls. A unary call is then two batches: one for its message, and one for everything else.
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#if __has_include(<grpc/credentials.h>)
#include <grpc/credentials.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.pb-c.h"
#include "compute.pb-c.h"

enum method { SAY_HELLO, PING_PONG, SERVER_STREAM, BLOCK, UNKNOWN };
static const char* const paths[] = {"/compute.Compute/SayHello", "/bench.Bench/PingPong", "/bench.Bench/ServerStream",
                                    "/bench.Bench/Block"};
enum step { REQUESTING, READING, WRITING, FINISHING };
enum { REQUESTS = 128 };

struct call {
  struct call* next;
  enum method method;
  enum step step;
  int cancelled, sent_metadata, endless;
  grpc_call* core;
  grpc_call_details details;
  grpc_metadata_array metadata;
  grpc_byte_buffer *received, *sent;
  uint64_t left;
  size_t size;
  uint8_t* fill;
};

static grpc_server* server;
static grpc_completion_queue* queue;
static struct call* unused;

static void fail(const char* what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void request_call(void) {
  struct call* call = unused;
  if (call)
    unused = call->next;
  else if (!(call = calloc(1, sizeof *call)))
    fail("out of memory");
  memset(call, 0, sizeof *call);
  grpc_metadata_array_init(&call->metadata);
  grpc_call_details_init(&call->details);
  if (grpc_server_request_call(server, &call->core, &call->details, &call->metadata, queue, queue, call) != GRPC_CALL_OK)
    fail("request_call");
}

static void release(struct call* call) {
  grpc_call_unref(call->core);
  grpc_metadata_array_destroy(&call->metadata);
  if (call->received) grpc_byte_buffer_destroy(call->received);
  if (call->sent) grpc_byte_buffer_destroy(call->sent);
  free(call->fill);
  call->next = unused;
  unused = call;
}

static void start(struct call* call, const grpc_op* ops, size_t count) {
  if (grpc_call_start_batch(call->core, ops, count, call, NULL) != GRPC_CALL_OK) fail("start_batch");
}

static size_t add_metadata(struct call* call, grpc_op* op) {
  if (call->sent_metadata) return 0;
  call->sent_metadata = 1;
  op->op = GRPC_OP_SEND_INITIAL_METADATA;
  return 1;
}

static void read_message(struct call* call) {
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &call->received};
  call->step = READING;
  start(call, &op, 1);
}

static void write_message(struct call* call) {
  grpc_op ops[2] = {0};
  size_t count = add_metadata(call, ops);
  ops[count].op = GRPC_OP_SEND_MESSAGE;
  ops[count++].data.send_message.send_message = call->sent;
  call->step = WRITING;
  start(call, ops, count);
}

static void finish(struct call* call, grpc_status_code status) {
  grpc_op ops[4] = {0};
  size_t count = add_metadata(call, ops);
  if (call->sent) {
    ops[count].op = GRPC_OP_SEND_MESSAGE;
    ops[count++].data.send_message.send_message = call->sent;
  }
  ops[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
  ops[count++].data.send_status_from_server.status = status;
  ops[count].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
  ops[count++].data.recv_close_on_server.cancelled = &call->cancelled;
  call->step = FINISHING;
  start(call, ops, count);
}

// The bytes of the received message in one piece.
static grpc_slice take_received(struct call* call) {
  grpc_byte_buffer_reader reader;
  grpc_byte_buffer_reader_init(&reader, call->received);
  grpc_slice *first, bytes;
  if (grpc_byte_buffer_reader_peek(&reader, &first) &&
      GRPC_SLICE_LENGTH(*first) == grpc_byte_buffer_length(call->received)) {
    bytes = grpc_slice_ref(*first);
  } else {
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_reader_init(&reader, call->received);
    bytes = grpc_byte_buffer_reader_readall(&reader);
  }
  grpc_byte_buffer_reader_destroy(&reader);
  grpc_byte_buffer_destroy(call->received);
  call->received = NULL;
  return bytes;
}

static void set_sent(struct call* call, const ProtobufCMessage* message) {
  if (call->sent) grpc_byte_buffer_destroy(call->sent);
  grpc_slice bytes = grpc_slice_malloc(protobuf_c_message_get_packed_size(message));
  protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(bytes));
  call->sent = grpc_raw_byte_buffer_create(&bytes, 1);
  grpc_slice_unref(bytes);
}

static void send_payload(struct call* call, uint8_t* data, size_t size) {
  Bench__Payload payload = BENCH__PAYLOAD__INIT;
  payload.data.data = data;
  payload.data.len = size;
  set_sent(call, &payload.base);
}

static void say_hello(struct call* call, const Compute__HelloRequest* request) {
  size_t points = 0;
  for (const char* byte = request->helloworld; *byte; byte++) points += (*byte & 0xC0) != 0x80;
  char text[24];
  snprintf(text, sizeof text, "%zu", points);
  Compute__HelloReply reply = COMPUTE__HELLO_REPLY__INIT;
  reply.result = text;
  set_sent(call, &reply.base);
  finish(call, GRPC_STATUS_OK);
}

static void stream_next(struct call* call) {
  if (!call->endless && call->left-- == 0) {
    grpc_byte_buffer_destroy(call->sent);
    call->sent = NULL;
    finish(call, GRPC_STATUS_OK);
    return;
  }
  send_payload(call, call->fill, call->size);
  write_message(call);
}

static void on_message(struct call* call) {
  static const ProtobufCMessageDescriptor* const types[] = {
      &compute__hello_request__descriptor, &bench__payload__descriptor, &bench__stream_request__descriptor,
      &bench__block_request__descriptor};
  if (!call->received) {
    // The end of the client's messages, which only a stream of them has.
    if (call->sent) grpc_byte_buffer_destroy(call->sent);
    call->sent = NULL;
    finish(call, call->method == PING_PONG ? GRPC_STATUS_OK : GRPC_STATUS_INTERNAL);
    return;
  }
  grpc_slice bytes = take_received(call);
  ProtobufCMessage* message =
      protobuf_c_message_unpack(types[call->method], NULL, GRPC_SLICE_LENGTH(bytes), GRPC_SLICE_START_PTR(bytes));
  grpc_slice_unref(bytes);
  if (!message) {
    finish(call, GRPC_STATUS_INTERNAL);
    return;
  }
  switch (call->method) {
    case SAY_HELLO:
      say_hello(call, (Compute__HelloRequest*)message);
      break;
    case PING_PONG: {
      Bench__Payload* payload = (Bench__Payload*)message;
      send_payload(call, payload->data.data, payload->data.len);
      write_message(call);
      break;
    }
    case SERVER_STREAM: {
      Bench__StreamRequest* request = (Bench__StreamRequest*)message;
      call->size = request->size;
      call->left = request->count;
      call->endless = request->count == 0;
      if (!(call->fill = malloc(call->size + 1))) fail("out of memory");
      memset(call->fill, 'x', call->size);
      stream_next(call);
      break;
    }
    case BLOCK:
      usleep(((Bench__BlockRequest*)message)->milliseconds * 1000);
      send_payload(call, NULL, 0);
      finish(call, GRPC_STATUS_OK);
      break;
    case UNKNOWN:
      break;
  }
  protobuf_c_message_free_unpacked(message, NULL);
}

static void on_request(struct call* call) {
  request_call();
  call->method = SAY_HELLO;
  while (call->method != UNKNOWN && grpc_slice_str_cmp(call->details.method, paths[call->method])) call->method++;
  grpc_slice_unref(call->details.method);
  grpc_slice_unref(call->details.host);
  if (call->method == UNKNOWN)
    finish(call, GRPC_STATUS_UNIMPLEMENTED);
  else
    read_message(call);
}

static void on_event(struct call* call, int success) {
  switch (call->step) {
    case REQUESTING:
      on_request(call);
      break;
    case READING:
      on_message(call);
      break;
    case WRITING:
      if (!success) {
        grpc_byte_buffer_destroy(call->sent);
        call->sent = NULL;
        finish(call, GRPC_STATUS_CANCELLED);
      } else if (call->method == SERVER_STREAM) {
        stream_next(call);
      } else {
        read_message(call);
      }
      break;
    case FINISHING:
      release(call);
      break;
  }
}

static void* poll_queue(void* argument) {
  (void)argument;
  for (;;) {
    grpc_event event = grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
    if (event.type == GRPC_QUEUE_SHUTDOWN) return NULL;
    on_event(event.tag, event.success);
  }
}

static char* read_file(const char* path) {
  static char content[2][65536];
  static int index;
  FILE* file = fopen(path, "r");
  if (!file) fail("cannot read a file of TLS");
  char* text = content[index++];
  text[fread(text, 1, sizeof content[0] - 1, file)] = 0;
  fclose(file);
  return text;
}

int main(int argc, char** argv) {
  const char *port = "50051", *certificate = NULL, *key = NULL;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--port")) port = argv[i + 1];
    if (!strcmp(argv[i], "--tls-cert")) certificate = argv[i + 1];
    if (!strcmp(argv[i], "--tls-key")) key = argv[i + 1];
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);

  grpc_init();
  server = grpc_server_create(NULL, NULL);
  queue = grpc_completion_queue_create_for_next(NULL);
  grpc_server_register_completion_queue(server, queue, NULL);
  grpc_server_credentials* credentials = grpc_insecure_server_credentials_create();
  if (certificate && key) {
    grpc_ssl_pem_key_cert_pair pair = {read_file(key), read_file(certificate)};
    credentials = grpc_ssl_server_credentials_create_ex(NULL, &pair, 1, GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE, NULL);
  }
  char address[64];
  snprintf(address, sizeof address, "127.0.0.1:%s", port);
  if (!grpc_server_add_http2_port(server, address, credentials)) fail("cannot bind");
  grpc_server_start(server);
  for (int i = 0; i < REQUESTS; i++) request_call();
  pthread_t thread;
  pthread_create(&thread, NULL, poll_queue, NULL);
  int signal;
  sigwait(&signals, &signal);
  _exit(0);
}
