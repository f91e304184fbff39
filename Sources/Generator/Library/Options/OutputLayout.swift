/// The layout of the generated files below the output folder.
enum OutputLayout: String, CaseIterable {
  /// All beside each other.
  case flat = "Flat"

  /// A folder for each of the two targets that a Swift package needs: one for the C, one for the Swift.
  case targets = "Targets"
}
