extension Google_Protobuf_FieldMask {
  /// Creates a mask.
  ///
  /// - Parameter protoPaths: The names of fields as in the `.proto` file, those of sub-messages with a dot between
  ///   them: `address.post_code`.
  public init(protoPaths: String...) { self.init(protoPaths: protoPaths) }

  /// Creates a mask.
  ///
  /// - Parameter protoPaths: The names of fields as in the `.proto` file, those of sub-messages with a dot between
  ///   them: `address.post_code`.
  public init(protoPaths: [String]) { self.init(paths: protoPaths) }

  /// Whether a field is in the mask, by itself or because a message that it is in is.
  ///
  /// - Parameter path: The field's path.
  public func contains(_ path: String) -> Bool {
    paths.contains { $0 == path || path.hasPrefix("\($0).") && !$0.isEmpty }
  }

  /// The mask of the same fields with nothing in it twice, sorted.
  ///
  /// A field is left out if a message that it is in is there.
  public var canonical: Self {
    var kept: [String] = []
    // A message comes before its fields, if not next to them: a `.` is less than whatever else names are made of.
    for path in Set(paths).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where kept.last.map({ path.hasPrefix("\($0).") }) != true {
      kept.append(path)
    }
    return Self(paths: kept)
  }
}
