public import ArgumentParser
import Configuration

/// The settings of a program that are not on its command line: in variables of the environment, and in a file of JSON.
///
/// A setting has one name. As a flag it is `--max-concurrent-calls`, in the file `max-concurrent-calls`, and in the
/// environment, with the program's name, `COMPUTE_SERVER_MAX_CONCURRENT_CALLS`. The flag takes precedence, then the
/// variable. A variable without a value counts as not set, as does an empty text in the file. For the settings that
/// protect a program, such as `tls` and `tls-key`, both are errors: a program without protection is not what is meant.
public struct Settings {
  private struct Source {
    let provider: any ConfigProvider
    /// Names a setting by its key in this source.
    let name: (_ key: String) -> String
  }

  /// The settings that are never empty, as a program without them is open to more peers.
  private static let protective: Set = [
    "authorization-policy", "ca", "client-ca", "server-name", "tls", "tls-cert", "tls-key", "token-file",
  ]

  private let sources: [Source]
  private let file: SettingsFile?
  private var known: Set<String> = []

  /// Reads the environment and the file.
  ///
  /// - Parameters:
  ///   - program: The program's name, such as `compute-server`.
  ///   - file: The path of the file. Defaults to the one that the variable `…_CONFIG` has, if it is set.
  ///   - environment: The environment. Defaults to that of the process.
  /// - Throws: `ValidationError`, if the file cannot be read, or is not an object of JSON.
  public init(program: String, file: String?, environment: [String: String]? = nil) throws {
    let variables =
      environment.map { EnvironmentVariablesProvider(environmentVariables: $0) } ?? EnvironmentVariablesProvider()
    var sources = [Source(provider: variables.prefixKeys(with: [program])) { $0 }]
    let path = try file ?? Self.text("config", in: sources[0])?.value
    self.file = try path.map(SettingsFile.init(path:))
    if let file = self.file {
      sources.append(Source(provider: file.provider) { "'\($0)' in \(file.path)" })
    }
    self.sources = sources
  }

  /// Gives an option a value, unless it has one.
  ///
  /// - Parameters:
  ///   - option: The option, with the value of its flag.
  ///   - name: The name of the setting.
  ///   - transform: Reads a value.
  /// - Throws: `ValidationError` that names the variable, or the file and the key, of a value that `transform` refuses.
  public mutating func fill<Value>(
    _ option: inout Value?,
    _ name: String,
    _ transform: (String) throws -> Value
  ) throws {
    known.insert(name)
    guard option == nil, let (text, source) = try text(name) else { return }
    option = try Self.value(of: text, from: source, transform)
  }

  /// Gives an option a value, unless it has one.
  ///
  /// - Parameters:
  ///   - option: The option, with the value of its flag.
  ///   - name: The name of the setting.
  /// - Throws: `ValidationError` that names the variable, or the file and the key, of a value that is invalid.
  public mutating func fill<Value: ExpressibleByArgument>(_ option: inout Value?, _ name: String) throws {
    try fill(&option, name) { text in
      guard let value = Value(argument: text) else { throw InvalidValue() }
      return value
    }
  }

  /// Gives an option a number, unless it has one.
  ///
  /// - Parameters:
  ///   - option: The option, with the value of its flag.
  ///   - name: The name of the setting.
  ///   - range: The numbers that are valid.
  /// - Throws: `ValidationError` that names the variable, or the file and the key, of a value that is invalid.
  public mutating func fill(_ option: inout Int?, _ name: String, in range: ClosedRange<Int>) throws {
    try fill(&option, name) { text in
      guard let number = Int(text) else { throw InvalidValue() }
      guard range.contains(number) else {
        let bounds =
          range.upperBound == .max ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        throw ValidationError("it must be \(bounds)")
      }
      return number
    }
  }

  /// Gives a flag a value, unless it has one: `true`, `yes` and `1`, or `false`, `no` and `0`.
  ///
  /// - Parameters:
  ///   - flag: The flag.
  ///   - name: The name of the setting.
  /// - Throws: `ValidationError` that names the variable, or the file and the key, of another value.
  public mutating func fill(_ flag: inout Bool?, _ name: String) throws {
    try fill(&flag, name) { text in
      switch text.lowercased() {
      case "true", "yes", "1": true
      case "false", "no", "0": false
      default: throw ValidationError("expected true or false")
      }
    }
  }

  /// Gives values to an option that can be given several times, unless it has some.
  ///
  /// A variable has them with commas in between, the file as a list.
  ///
  /// - Parameters:
  ///   - option: The option, with the values of its flags.
  ///   - name: The name of the setting.
  ///   - transform: Reads a value.
  /// - Throws: `ValidationError` that names the variable, or the file and the key, of a value that `transform` refuses.
  public mutating func fill<Value>(
    _ option: inout [Value],
    _ name: String,
    _ transform: (String) throws -> Value
  ) throws {
    known.insert(name)
    guard option.isEmpty else { return }
    for source in sources {
      let found = try? source.provider.value(forKey: AbsoluteConfigKey([name]), type: .stringArray)
      if let found, case .stringArray(let texts)? = found.value?.content {
        option = try texts.filter { !$0.isEmpty }
          .map { try Self.value(of: $0, from: source.name(found.encodedKey), transform) }
      } else if let (text, source) = try Self.text(name, in: source) {
        option = [try Self.value(of: text, from: source, transform)]
      }
      if !option.isEmpty { return }
    }
  }

  /// Takes settings for known that the file may have for another command of the program.
  public mutating func accept(_ names: [String]) { known.formUnion(names) }

  /// Ends the reading of settings.
  ///
  /// - Throws: `ValidationError`, if the file has a setting that the program has not asked for.
  public func finish() throws {
    guard let file, let name = file.names.subtracting(known).min() else { return }
    throw ValidationError("There is no setting '\(name)', which is in \(file.path).")
  }

  private func text(_ name: String) throws -> (value: String, source: String)? {
    for source in sources {
      if let found = try Self.text(name, in: source) { return found }
    }
    return nil
  }

  private static func text(_ name: String, in source: Source) throws -> (value: String, source: String)? {
    let key = AbsoluteConfigKey([name])
    let found: LookupResult
    do {
      found = try source.provider.value(forKey: key, type: .string)
    } catch {
      // In the file alone: each variable is a text.
      throw ValidationError("The value of \(source.name(name)) is a list, and there can be one only.")
    }
    guard case .string(let text)? = found.value?.content else { return nil }
    guard text.isEmpty else { return (text, source.name(found.encodedKey)) }
    if protective.contains(name) {
      throw ValidationError("The value of \(source.name(found.encodedKey)) is empty. Without protection, remove it.")
    }
    return nil
  }

  private struct InvalidValue: Error {}

  private static func value<Value>(
    of text: String,
    from source: String,
    _ transform: (String) throws -> Value
  ) throws -> Value {
    do {
      return try transform(text)
    } catch is InvalidValue {
      throw ValidationError("The value '\(text)' is invalid for \(source).")
    } catch {
      throw ValidationError("The value '\(text)' is invalid for \(source): \(error)")
    }
  }
}
