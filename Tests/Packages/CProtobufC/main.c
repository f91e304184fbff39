#include <google/protobuf/timestamp.pb-c.h>
#include <protobuf-c/protobuf-c.h>

int main(void) {
  CGoogleProtobuf__Google__Protobuf__Timestamp moment = CGOOGLE_PROTOBUF__GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  moment.seconds = 1;
  return protobuf_c_message_get_packed_size(&moment.base) == 2 ? 0 : 1;
}
