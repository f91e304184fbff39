/// The imports of a generated file.
struct ImportList {
  private enum Use: Comparable {
    case inside, visible
  }

  private var uses: [String: Use] = [:]
  private var layouts: Set<String> = []

  /// A module that function bodies use.
  mutating func add(_ module: String) {
    uses[module] = max(uses[module] ?? .inside, .inside)
  }

  /// A module whose types are in declarations that are as visible as the generated types.
  mutating func addVisible(_ module: String) {
    uses[module] = .visible
  }

  /// A module with generated messages that are in declarations.
  mutating func addMessages(_ module: String) {
    addVisible(module)
    layouts.insert(module)
  }

  /// Writes the imports.
  func write(_ visibility: Visibility, to text: inout SourceText) {
    for (module, use) in uses.sorted(by: { $0.key < $1.key }) {
      let spi = layouts.contains(module) ? LayoutWriter.spi : ""
      text.add("\(spi)\(use == .visible ? visibility.modifier : "")import \(module)")
    }
  }
}
