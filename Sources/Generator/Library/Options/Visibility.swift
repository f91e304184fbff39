/// The access level of the generated types.
enum Visibility: String, CaseIterable {
  case `public` = "Public"
  case package = "Package"
  case `internal` = "Internal"

  /// The modifier of a declaration, with a space after it.
  var modifier: String {
    switch self {
    case .public: "public "
    case .package: "package "
    case .internal: ""
    }
  }
}
