/// The layout of the generated files below the output folder.
enum OutputLayout: String, CaseIterable {
  /// All beside each other.
  case flat = "Flat"

  /// A folder for each of the two targets that a Swift package needs: one for the C, one for the Swift.
  case targets = "Targets"

  /// The files that a build plugin declares before the generator runs: the same for each `.proto` file.
  ///
  /// The headers and a module map are in `include`. A `.proto` file without services has a `.grpc.swift`, too.
  case buildPlugin = "BuildPlugin"
}
