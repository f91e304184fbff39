/// A `.proto` file as protobuf describes it: the content of a server reflection's answer, and the source of names for
/// JSON and text format.
///
/// Generated code has one for each file.
public struct ProtoFileDescriptor: Sendable {
  /// The file's path as others import it, such as `google/protobuf/any.proto`.
  public let name: String

  /// The files that this one imports, in its order.
  public let dependencies: [ProtoFileDescriptor]

  let latin1: StaticString

  /// Creates a descriptor.
  ///
  /// - Parameters:
  ///   - name: The file's path as others import it.
  ///   - dependencies: The files that this one imports.
  ///   - latin1: The file's `google.protobuf.FileDescriptorProto`, serialized, each byte as the character of that
  ///     number.
  public init(name: String, dependencies: [ProtoFileDescriptor], latin1: StaticString) {
    self.name = name
    self.dependencies = dependencies
    self.latin1 = latin1
  }

  /// The file's `google.protobuf.FileDescriptorProto`, serialized, without comments and positions.
  public var serializedBytes: [UInt8] {
    latin1.description.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }
}
