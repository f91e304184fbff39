/// The `.proto` files that come with protobuf.
enum WellKnownFiles {
  /// The modules that have their code.
  static let modules = ModuleMappings.Modules(swift: "ProtobufCWellKnownTypes", c: "CGoogleProtobuf")

  static let names: Set<String> = Set(
    [
      "any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type",
      "wrappers",
    ].map { "google/protobuf/\($0).proto" }
  )
}
