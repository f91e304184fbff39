/// A file that the generator has made.
struct GeneratedFile: Hashable {
  /// Its path below the output folder.
  var name: String
  var content: String
}
