/// A key of metadata, in lower case, with one value.
struct MetadataEntry: Sendable, Hashable {
  let key: String
  var value: Metadata.Value
}

/// A list of entries that is stored by reference, which takes less to copy than an array, and nothing without entries.
final class MetadataEntries: Sendable {
  let list: [MetadataEntry]

  init(_ list: [MetadataEntry]) { self.list = list }
}
