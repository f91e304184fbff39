internal import CTestMessages
internal import ProtobufC

/// A message with a field of every shape.
struct Everything: Message {
  static let protoMessageName = "test.Everything"

  enum Choice: Hashable {
    case number(Int32)
    case text(String)
    case leaf(Leaf)
  }

  /// An open enumeration: it keeps values that this program does not know.
  struct Color: RawRepresentable, Hashable {
    var rawValue: Int32

    static let unspecified = Color(rawValue: 0)
    static let red = Color(rawValue: 1)
    static let blue = Color(rawValue: 2)
  }

  var int32: Int32 = 0
  var int64: Int64 = 0
  var uint32: UInt32 = 0
  var uint64: UInt64 = 0
  var sint32: Int32 = 0
  var sint64: Int64 = 0
  var fixed32: UInt32 = 0
  var fixed64: UInt64 = 0
  var sfixed32: Int32 = 0
  var sfixed64: Int64 = 0
  var float: Float = 0
  var double: Double = 0
  var bool = false
  var text = ""
  var data: [UInt8] = []
  var color = Color.unspecified
  var leaf: Leaf?
  var numbers: [Int32] = []
  var flags: [Bool] = []
  var colors: [Color] = []
  var names: [String] = []
  var blobs: [[UInt8]] = []
  var leaves: [Leaf] = []
  var counts: [String: Int64] = [:]
  var leavesByNumber: [Int32: Leaf] = [:]
  var choice: Choice?
  var maybeNumber: Int32?
  var maybeText: String?

  var unknownFields = UnknownFields()

  init() {}

  init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(DecodingError) {
    self = try EverythingLayout.decode(bytes, limits: limits)
  }

  func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try EverythingLayout.encode(self, into: makeBuffer)
  }

  var debugDescription: String { EverythingLayout.debugDescription(of: self) }
}
