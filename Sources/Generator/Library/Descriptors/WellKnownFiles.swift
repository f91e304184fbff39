/// The `.proto` files that come with protobuf.
enum WellKnownFiles {
  /// The modules that have the code of a file, or nil for one that does not come with protobuf.
  static func modules(ofFile name: String) -> ModuleMappings.Modules? {
    names.contains(name) ? ModuleMappings.Modules(swift: "ProtobufCWellKnownTypes", c: "CGoogleProtobuf") : nil
  }

  private static let names: Set<String> = Set(
    [
      "any", "api", "cpp_features", "descriptor", "duration", "empty", "field_mask", "go_features", "java_features",
      "source_context", "struct", "timestamp", "type", "wrappers",
    ].map { "google/protobuf/\($0).proto" }
  )
}
