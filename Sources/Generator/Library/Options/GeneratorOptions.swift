/// The options in the parameter of `--coregrpc_opt`.
struct GeneratorOptions {
  var visibility = Visibility.internal
  var generatesClient = true
  var generatesServer = true
  var generatesMessages = true
  var generatesC = true
  var bytes = BytesType.array
  var fileNaming = FileNaming.fullPath
  var layout = OutputLayout.flat
  var cModule: String?
  var swiftModule: String?
  var mappings = ModuleMappings()

  init() {}

  /// Reads the options.
  ///
  /// - Parameters:
  ///   - parameter: `Name=Value` pairs with commas between them.
  ///   - readFile: Reads a text file.
  init(_ parameter: String, readFile: (String) throws(GeneratorError) -> String) throws(GeneratorError) {
    for pair in parameter.split(separator: ",") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let option = Option(rawValue: sides[0]) else {
        throw GeneratorError(
          "there is no option “\(sides[0])”; the options are \(Option.allCases.map(\.rawValue).joined(separator: ", "))"
        )
      }
      try set(option, to: sides.count == 2 ? sides[1] : "", readFile: readFile)
    }
    if layout != .flat, cModule == nil, generatesC {
      throw GeneratorError("the option Layout=\(layout.rawValue) needs the option CModule: the target of the C")
    }
    if layout == .targets, swiftModule == nil {
      throw GeneratorError("the option Layout=Targets needs the option SwiftModule: the folder of the Swift")
    }
  }

  private enum Option: String, CaseIterable {
    case bytes = "Bytes"
    case c = "C"
    case cModule = "CModule"
    case client = "Client"
    case fileNaming = "FileNaming"
    case layout = "Layout"
    case messages = "Messages"
    case moduleMappings = "ModuleMappings"
    case server = "Server"
    case swiftModule = "SwiftModule"
    case visibility = "Visibility"
  }

  private mutating func set(
    _ option: Option,
    to value: String,
    readFile: (String) throws(GeneratorError) -> String
  ) throws(GeneratorError) {
    switch option {
    case .bytes: bytes = try Self.choice(value, of: option)
    case .c: generatesC = try Self.flag(value, of: option)
    case .cModule: cModule = try Self.module(value, of: option)
    case .client: generatesClient = try Self.flag(value, of: option)
    case .fileNaming: fileNaming = try Self.choice(value, of: option)
    case .layout: layout = try Self.choice(value, of: option)
    case .messages: generatesMessages = try Self.flag(value, of: option)
    case .moduleMappings: mappings = try ModuleMappings(try readFile(value), file: value)
    case .server: generatesServer = try Self.flag(value, of: option)
    case .swiftModule: swiftModule = try Self.module(value, of: option)
    case .visibility: visibility = try Self.choice(value, of: option)
    }
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ value: String,
    of option: Option
  ) throws(GeneratorError) -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: value) else {
      throw wrong(value, of: option, choices: Choice.allCases.map(\.rawValue))
    }
    return choice
  }

  private static func flag(_ value: String, of option: Option) throws(GeneratorError) -> Bool {
    guard let flag = Bool(value) else { throw wrong(value, of: option, choices: ["true", "false"]) }
    return flag
  }

  private static func module(_ value: String, of option: Option) throws(GeneratorError) -> String {
    guard value.isModuleName else {
      throw GeneratorError("the option \(option.rawValue) is the name of a module, which “\(value)” cannot be")
    }
    return value
  }

  private static func wrong(_ value: String, of option: Option, choices: [String]) -> GeneratorError {
    GeneratorError(
      "the option \(option.rawValue) cannot be “\(value)”; it can be \(choices.joined(separator: " or "))"
    )
  }
}
