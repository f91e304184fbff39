import ProtobufCWellKnownTypes

/// A `.proto` file, with what the generator has decided about it.
struct SchemaFile {
  /// The file in proto2 or proto3: ``EditionLowering`` has rewritten one of an edition.
  let proto: FileProto

  /// The file as the compiler sent it.
  let original: FileProto

  let locations: SourceLocations

  /// Whether code is to be generated for it now.
  let isGenerated: Bool

  /// The Swift module that has its code, or nil for the one that code is being generated for.
  let module: String?

  /// The C module that has its C, or nil if that is not known.
  let cModule: String?

  /// The prefix of the names of its types.
  let prefix: String

  /// The name of the type that has the file's descriptor.
  var descriptorName = ""

  init(_ proto: FileProto, original: FileProto, isGenerated: Bool, module: String?, cModule: String?) {
    self.proto = proto
    self.original = original
    self.isGenerated = isGenerated
    self.module = module
    self.cModule = cModule
    locations = SourceLocations(proto)
    prefix = proto.options?.swiftPrefix ?? SwiftName.prefix(ofPackage: proto.package ?? "")
  }

  var name: String { proto.name ?? "" }

  var package: String { proto.package ?? "" }

  var isProto3: Bool { proto.syntax == "proto3" }

  /// The path without `.proto`.
  var stem: String { name.hasSuffix(".proto") ? String(name.dropLast(6)) : name }

  /// The name of the type that has the file's descriptor, unless another type has that name.
  var usualDescriptorName: String {
    prefix + SwiftName.upperCamelCase(identifier(of: stem.split(separator: "/").last.map(String.init) ?? stem)) + "File"
  }

  /// The package that the file's names have in C, or nil if the C module is not known.
  ///
  /// All of a program's C is in one namespace: two packages that generate the same file for themselves, or files
  /// without a package, would get in each other's way without their modules' names.
  var cPackage: String? {
    cModule.map { package.isEmpty ? $0 : "\($0).\(package)" }
  }

  /// The full name that a type of the file has in C, the module's name included.
  ///
  /// A run for services alone may not know that module. A message without a package would then have the same name in C
  /// and in Swift, and not the name in Swift that it gets in the run that generates it. Therefore a name that no module
  /// can have takes the place of the unknown one.
  ///
  /// - Parameter fullName: The full name in the request to protoc-gen-c.
  func qualifiedInC(_ fullName: String) -> String { "\(cModule ?? "?").\(fullName)" }

  /// The full name of something declared at the top of the file.
  func fullName(_ name: String) -> String {
    package.isEmpty ? name : "\(package).\(name)"
  }

  private func identifier(of text: String) -> String {
    let name = String(text.map { $0.isLetter || $0.isNumber ? $0 : "_" })
    return name.first?.isNumber == true ? "_" + name : name
  }
}
