/// A protobuf enumeration: one of a list of named numbers, or a number that is not in the list.
///
/// The types generated from the enums of a `.proto` file conform. They are open, as protobuf asks: a number that the
/// list does not have comes as the case `unrecognized`, and is sent again as it came.
public protocol Enumeration: RawRepresentable, CaseIterable, Sendable, Hashable where RawValue == Int32 {
  /// The default: the value that the `.proto` file declares first.
  init()

  /// The value of a number.
  init(rawValue: Int32)
}
