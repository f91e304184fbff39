#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conformance.pb-c.h"
#include "google/protobuf/test_messages_proto2.pb-c.h"
#include "google/protobuf/test_messages_proto3.pb-c.h"

/* Reads exactly `size` bytes, or returns 0 at the end of the input. */
static int take(void *buffer, size_t size) { return fread(buffer, 1, size, stdin) == size; }

static const ProtobufCMessageDescriptor *descriptor_named(const char *name) {
  static const ProtobufCMessageDescriptor *const all[] = {
    &protobuf_test_messages__proto2__test_all_types_proto2__descriptor,
    &protobuf_test_messages__proto3__test_all_types_proto3__descriptor,
    &conformance__failure_set__descriptor,
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strcmp(name, all[i]->name) == 0) return all[i];
  return NULL;
}

static void answer(const Conformance__ConformanceRequest *request, Conformance__ConformanceResponse *response) {
  const ProtobufCMessageDescriptor *descriptor = descriptor_named(request->message_type);
  ProtobufCMessage *message;
  if (request->payload_case != CONFORMANCE__CONFORMANCE_REQUEST__PAYLOAD_PROTOBUF_PAYLOAD
      || request->requested_output_format != CONFORMANCE__WIRE_FORMAT__PROTOBUF || descriptor == NULL) {
    response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_SKIPPED;
    response->skipped = "binary only";
    return;
  }
  message = protobuf_c_message_unpack(descriptor, NULL, request->protobuf_payload.len, request->protobuf_payload.data);
  if (message == NULL) {
    response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_PARSE_ERROR;
    response->parse_error = "refused";
    return;
  }
  response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_PROTOBUF_PAYLOAD;
  response->protobuf_payload.data = malloc(protobuf_c_message_get_packed_size(message) + 1);
  response->protobuf_payload.len = protobuf_c_message_pack(message, response->protobuf_payload.data);
  protobuf_c_message_free_unpacked(message, NULL);
}

int main(void) {
  uint32_t size;
  while (take(&size, sizeof size)) {
    uint8_t *bytes = malloc(size + 1);
    Conformance__ConformanceRequest *request;
    Conformance__ConformanceResponse response = CONFORMANCE__CONFORMANCE_RESPONSE__INIT;
    if (!take(bytes, size)) return 1;
    request = conformance__conformance_request__unpack(NULL, size, bytes);
    if (request == NULL) return 1;
    answer(request, &response);
    size = conformance__conformance_response__get_packed_size(&response);
    bytes = realloc(bytes, size + 1);
    conformance__conformance_response__pack(&response, bytes);
    fwrite(&size, sizeof size, 1, stdout);
    fwrite(bytes, 1, size, stdout);
    fflush(stdout);
    /* The process is short-lived: what an answer took stays. */
  }
  return 0;
}
