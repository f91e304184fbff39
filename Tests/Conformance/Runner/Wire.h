#pragma once

#include <cstdint>
#include <string>

// Bytes in protobuf's wire format, written by hand.
namespace wire {

enum Type { kVarint = 0, kFixed64 = 1, kLength = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };

inline std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

inline std::string Tag(uint32_t number, Type type) { return Varint(uint64_t{number} << 3 | type); }

inline std::string Number(uint32_t number, uint64_t value) { return Tag(number, kVarint) + Varint(value); }

inline std::string Fixed32(uint32_t number, uint32_t value) {
  std::string bytes = Tag(number, kFixed32);
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

inline std::string Fixed64(uint32_t number, uint64_t value) {
  std::string bytes = Tag(number, kFixed64);
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

inline std::string Bytes(uint32_t number, const std::string& content) {
  return Tag(number, kLength) + Varint(content.size()) + content;
}

inline std::string Group(uint32_t number, const std::string& content) {
  return Tag(number, kStartGroup) + content + Tag(number, kEndGroup);
}

// A message that holds itself in field `number`, `levels` deep.
inline std::string Nested(uint32_t number, int levels) {
  std::string bytes;
  for (int level = 0; level < levels; ++level) bytes = Bytes(number, bytes);
  return bytes;
}

}  // namespace wire
