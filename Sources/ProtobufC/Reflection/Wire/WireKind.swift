/// How the value of a field is written: the lowest three bits of its tag.
package enum WireKind: UInt8, Sendable {
  case varint = 0
  case fixed64 = 1
  case lengthPrefixed = 2
  case groupStart = 3
  case groupEnd = 4
  case fixed32 = 5
}
