import ProtobufC
import ProtobufCWellKnownTypes

/// Options that protoc-gen-c has for itself, by extensions of protobuf's own options.
///
/// To our messages of options these are unknown fields, and so they are made like those: by decoding.
enum ProtocGenCOptions {
  /// The options of a file: no functions to pack and to unpack, because no code here calls them.
  ///
  /// - Parameter package: The package for the names in C, or nil for that of the file.
  static func file(package: String?) -> Google_Protobuf_FileOptions {
    // ProtobufCFileOptions has gen_pack_helpers = 2 and c_package = 6.
    options([0x10, 0] + (package.map { [0x32] + lengthPrefixed(Array($0.utf8)) } ?? []))
  }

  /// The option of a message that its struct's first member has another name than usual.
  static func baseMember(_ name: String) -> Google_Protobuf_MessageOptions {
    // ProtobufCMessageOptions has base_field_name = 3.
    options([0x1A] + lengthPrefixed(Array(name.utf8)))
  }

  private static func options<Options: Message>(_ content: [UInt8]) -> Options {
    // The extensions have the number 1019, with messages as their values.
    guard let options = try? Options(serializedBytes: [0xDA, 0x3F] + lengthPrefixed(content)) else {
      preconditionFailure("an unknown field cannot be decoded")
    }
    return options
  }

  private static func lengthPrefixed(_ content: [UInt8]) -> [UInt8] {
    var prefix: [UInt8] = []
    var rest = content.count
    while rest > 0x7F {
      prefix.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return prefix + [UInt8(rest)] + content
  }
}
