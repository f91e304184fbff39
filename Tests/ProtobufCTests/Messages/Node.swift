internal import CProtobufC
internal import CTestMessages
internal import ProtobufC

/// A message that can hold itself, singly, repeated and in a map.
struct Node: Message {
  static let protoMessageName = "test.Node"

  /// A struct cannot hold itself, so that the sub-message is a reference.
  indirect enum Next: Hashable {
    case none
    case node(Node)
  }

  var label = ""
  var next = Next.none
  var children: [Node] = []
  var named: [String: Node] = [:]

  var unknownFields = UnknownFields()

  init() {}

  init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(DecodingError) {
    self = try NodeLayout.decode(bytes, limits: limits)
  }

  func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try NodeLayout.encode(self, into: makeBuffer)
  }

  var debugDescription: String { NodeLayout.debugDescription(of: self) }
}

enum NodeLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Test__Node) {
    test__node__init(&message)
  }

  static func read(_ message: Test__Node, from decoder: MessageDecoder) throws(DecodingError) -> Node {
    var value = Node()
    value.label = try decoder.string(message.label, field: 1)
    if let next = try decoder.message(message.next, as: Self.self) {
      value.next = .node(next)
    }
    value.children = try decoder.messages(message.children, count: message.n_children, as: Self.self)
    value.named = try decoder.map(message.named, count: message.n_named, as: NodeNamedEntryLayout.self)
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(_ value: Node, to message: inout Test__Node, with encoder: inout MessageEncoder) {
    message.label = encoder.string(value.label)
    if case .node(let next) = value.next {
      message.next = encoder.message(next, as: Self.self)
    }
    message.n_children = value.children.count
    message.children = encoder.messages(value.children, as: Self.self)
    message.n_named = value.named.count
    message.named = encoder.map(value.named, as: NodeNamedEntryLayout.self)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}

enum NodeNamedEntryLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Test__Node__NamedEntry) {
    test__node__named_entry__init(&message)
  }

  static func read(
    _ message: Test__Node__NamedEntry,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> (key: String, value: Node) {
    (
      key: try decoder.string(message.key, field: 1),
      value: try decoder.message(message.value, as: NodeLayout.self) ?? Node()
    )
  }

  static func write(
    _ value: (key: String, value: Node),
    to message: inout Test__Node__NamedEntry,
    with encoder: inout MessageEncoder
  ) {
    message.key = encoder.string(value.key)
    message.value = encoder.message(value.value, as: NodeLayout.self)
  }
}
