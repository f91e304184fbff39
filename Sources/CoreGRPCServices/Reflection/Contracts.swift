import ProtobufC
import ProtobufCWellKnownTypes

/// Files with what they declare, by name.
final class Contracts: Sendable {
  /// The names of the server's services, in order.
  let services: [String]

  private let filesByName: [String: ProtoFileDescriptor]
  private let filesBySymbol: [String: ProtoFileDescriptor]
  private let messages: Set<String>
  private let filesByExtension: [String: [Int32: ProtoFileDescriptor]]

  /// - Parameters:
  ///   - services: The names of the services.
  ///   - files: The files. Those that they import are added.
  init(services: [String], files: [ProtoFileDescriptor]) {
    self.services = services.sorted()
    var reader = Reader()
    var files = files
    while let file = files.popLast() {
      guard reader.filesByName.updateValue(file, forKey: file.name) == nil else { continue }
      reader.read(file)
      files += file.dependencies
    }
    filesByName = reader.filesByName
    filesBySymbol = reader.filesBySymbol
    messages = reader.messages
    filesByExtension = reader.filesByExtension
  }

  /// Returns the file with a name.
  func file(named name: String) -> ProtoFileDescriptor? { filesByName[name] }

  /// Returns the file that declares a message, enum, service, method, field, one-of, enum's value or extension.
  func file(declaring symbol: String) -> ProtoFileDescriptor? { filesBySymbol[symbol] }

  /// Returns the file that declares an extension.
  ///
  /// - Parameters:
  ///   - number: The number of the extension.
  ///   - message: The full name of the message that it extends.
  func file(declaringExtension number: Int32, of message: String) -> ProtoFileDescriptor? {
    filesByExtension[message]?[number]
  }

  /// Returns the numbers of a message's extensions, in order; `nil` if no file declares the message.
  func extensionNumbers(of message: String) -> [Int32]? {
    messages.contains(message) ? (filesByExtension[message] ?? [:]).keys.sorted() : nil
  }

  /// A reader of descriptors.
  private struct Reader {
    var filesByName: [String: ProtoFileDescriptor] = [:]
    var filesBySymbol: [String: ProtoFileDescriptor] = [:]
    var messages: Set<String> = []
    var filesByExtension: [String: [Int32: ProtoFileDescriptor]] = [:]

    mutating func read(_ file: ProtoFileDescriptor) {
      // It is a part of the program: it may be large.
      let limits = DecodingLimits(maxMemoryBytes: 1 << 30)
      let bytes = file.serializedBytes
      guard let proto = try? Google_Protobuf_FileDescriptorProto(serializedBytes: bytes, limits: limits) else { return }
      let package = proto.package ?? ""
      for message in proto.messageType { add(message, in: package, file) }
      for enumeration in proto.enumType { add(enumeration, in: package, file) }
      for field in proto.`extension` { add(extension: field, in: package, file) }
      for service in proto.service {
        let name = add(service.name, in: package, file)
        for method in service.method { add(method.name, in: name, file) }
      }
    }

    private mutating func add(_ message: Google_Protobuf_DescriptorProto, in scope: String, _ file: ProtoFileDescriptor)
    {
      let name = add(message.name, in: scope, file)
      messages.insert(name)
      for field in message.field { add(field.name, in: name, file) }
      for oneOf in message.oneofDecl { add(oneOf.name, in: name, file) }
      for nested in message.nestedType { add(nested, in: name, file) }
      for enumeration in message.enumType { add(enumeration, in: name, file) }
      for field in message.`extension` { add(extension: field, in: name, file) }
    }

    private mutating func add(
      _ enumeration: Google_Protobuf_EnumDescriptorProto,
      in scope: String,
      _ file: ProtoFileDescriptor
    ) {
      add(enumeration.name, in: scope, file)
      // Values are named beside their enum, and not within it.
      for value in enumeration.value { add(value.name, in: scope, file) }
    }

    private mutating func add(
      extension field: Google_Protobuf_FieldDescriptorProto,
      in scope: String,
      _ file: ProtoFileDescriptor
    ) {
      add(field.name, in: scope, file)
      let message = String((field.extendee ?? "").drop { $0 == "." })
      filesByExtension[message, default: [:]][field.number ?? 0] = file
    }

    /// Adds a symbol.
    ///
    /// - Returns: Its full name.
    @discardableResult
    private mutating func add(_ name: String?, in scope: String, _ file: ProtoFileDescriptor) -> String {
      let name = scope.isEmpty ? name ?? "" : "\(scope).\(name ?? "")"
      filesBySymbol[name] = file
      return name
    }
  }
}
