import ProtobufC

extension Shapes_Flat: CountedMessage {}
extension Shapes_Nested: CountedMessage {}
extension Shapes_Numbers: CountedMessage {}
extension Shapes_Maps: CountedMessage {}
extension Shapes_Strings: CountedMessage {}

extension CountedMessage where Self: Message {
  func encoded() -> [UInt8] { serializedBytes() }

  static func decoded(_ bytes: [UInt8]) throws -> Self { try Self(serializedBytes: bytes) }
}
