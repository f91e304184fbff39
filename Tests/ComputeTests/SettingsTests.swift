import ArgumentParser
import Foundation
import ProgramSettings
import Testing

@Suite("Settings from the environment and a file", .timeLimit(.minutes(1)))
struct SettingsTests {
  private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let file = try TemporaryFile(text, name: "settings.json")
    return try withExtendedLifetime(file) { try body(file.path) }
  }

  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? ValidationError)?.message
    }
  }

  @Test("A flag takes precedence over a variable, and a variable over the file")
  func precedence() throws {
    try withFile(#"{"count": 1, "size": 2, "name": "file", "on": true, "off": false, "ratio": 0.5}"#) { path in
      let environment = ["A_PROGRAM_COUNT": "10", "A_PROGRAM_SIZE": "20", "A_PROGRAM_NAME": "", "COUNT": "7"]
      var settings = try Settings(program: "a-program", file: path, environment: environment)
      var (count, size): (Int?, Int?) = (100, nil)
      var name, missing: String?
      var on, off: Bool?
      var ratio: Double?
      try settings.fill(&count, "count")
      try settings.fill(&size, "size")
      try settings.fill(&name, "name")
      try settings.fill(&missing, "missing")
      try settings.fill(&on, "on")
      try settings.fill(&off, "off")
      try settings.fill(&ratio, "ratio")
      #expect(count == 100 && size == 20 && name == "file" && missing == nil && on == true && off == false)
      #expect(ratio == 0.5)
      try settings.finish()
    }
  }

  @Test("Lists are separated by commas in a variable, and are lists in the file")
  func lists() throws {
    try withFile(#"{"a": ["x,y", "z"], "b": "x,y", "c": ["1"], "d": ["1"]}"#) { path in
      var settings = try Settings(program: "p", file: path, environment: ["P_C": "2, 3", "P_D": "4"])
      var (a, b, c, d): ([String], [String], [String], [String]) = ([], [], [], ["5"])
      try settings.fill(&a, "a") { $0 }
      try settings.fill(&b, "b") { $0 }
      try settings.fill(&c, "c") { $0 }
      try settings.fill(&d, "d") { $0 }
      #expect(a == ["x,y", "z"] && b == ["x,y"] && c == ["2", "3"] && d == ["5"])
    }
  }

  @Test("The variable CONFIG names the file, unless a flag does")
  func configVariable() throws {
    try withFile(#"{"n": 1}"#) { first in
      try withFile(#"{"n": 2}"#) { second in
        for (flag, expected) in [(nil, 1), (second, 2)] {
          var settings = try Settings(program: "p", file: flag, environment: ["P_CONFIG": first])
          var number: Int?
          try settings.fill(&number, "n")
          #expect(number == expected)
        }
      }
    }
  }

  @Test("The file may be a pipe, such as a shell's substitution of a process")
  func pipe() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data(#"{"v": "x"}"#.utf8))
    try pipe.fileHandleForWriting.close()
    let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
    var settings = try Settings(program: "p", file: path, environment: [:])
    var value: String?
    try settings.fill(&value, "v")
    try settings.finish()
    #expect(value == "x")
  }

  @Test("An invalid value is an error that names the variable, or the file and the key")
  func invalidValues() throws {
    struct Refusal: Error, CustomStringConvertible { let description = "no" }
    try withFile(#"{"n": "x", "m": 0, "t": 1, "l": [1], "f": 2, "many": ["1", "2"]}"#.replacing("[1]", with: #"["a"]"#))
    {
      path in
      var settings = try Settings(program: "p", file: path, environment: ["P_V": "y", "P_R": "9"])
      var number: Int?
      var flag: Bool?
      var list: [Int] = []
      #expect(message { try settings.fill(&number, "n") } == "The value 'x' is invalid for 'n' in \(path).")
      #expect(message { try settings.fill(&number, "v") } == "The value 'y' is invalid for P_V.")
      #expect(
        message { try settings.fill(&number, "m", in: 1...8) }
          == "The value '0' is invalid for 'm' in \(path): it must be from 1 to 8"
      )
      #expect(
        message { try settings.fill(&number, "r", in: 1...8) }?.hasPrefix("The value '9' is invalid for P_R") == true
      )
      #expect(message { try settings.fill(&flag, "f") }?.contains("'2' is invalid for 'f'") == true)
      #expect(
        message { try settings.fill(&list, "l") { _ in throw Refusal() } }
          == "The value 'a' is invalid for 'l' in \(path): no"
      )
      #expect(message { try settings.fill(&number, "many") }?.contains("'many' in \(path) is a list") == true)
      #expect(number == nil && flag == nil && list.isEmpty)
    }
  }

  @Test(
    "A setting that protects a program is not empty",
    arguments: ["authorization-policy", "ca", "client-ca", "server-name", "tls", "tls-cert", "tls-key", "token-file"]
  )
  func protection(name: String) throws {
    try withFile(#"{"\#(name)": "", "other": ""}"#) { path in
      var value, other, flag: String?
      var settings = try Settings(program: "p", file: path, environment: [:])
      #expect(
        message { try settings.fill(&value, name) }?.hasPrefix("The value of '\(name)' in \(path) is empty") == true
      )
      try settings.fill(&other, "other")
      let variable = "P_" + name.uppercased().replacing("-", with: "_")
      settings = try Settings(program: "p", file: nil, environment: [variable: "", "P_OTHER": ""])
      #expect(message { try settings.fill(&value, name) }?.hasPrefix("The value of \(variable) is empty") == true)
      try settings.fill(&other, "other")
      flag = "flag"
      try settings.fill(&flag, name)
      #expect(value == nil && other == nil && flag == "flag")
    }
  }

  @Test("A setting that the program does not have is an error")
  func unknownSetting() throws {
    try withFile(#"{"n": 1, "lisen": 2, "other": 3}"#) { path in
      var settings = try Settings(program: "p", file: path, environment: [:])
      var number: Int?
      try settings.fill(&number, "n")
      settings.accept(["other"])
      #expect(message(settings.finish) == "There is no setting 'lisen', which is in \(path).")
    }
  }

  @Test(
    "A file that is not an object of values is an error of one line that names it",
    arguments: ["[1]", "{", "", "{\"a\": {}}", "{\"a\": null}", "{\"a\": [1]}", "\u{FF}"]
  )
  func invalidFiles(text: String) throws {
    try withFile(text) { path in
      let message = message { _ = try Settings(program: "p", file: path, environment: [:]) }
      #expect(message?.contains(path) == true && message?.contains("\n") == false, "\(message ?? "none")")
    }
    #expect(
      message { _ = try Settings(program: "p", file: "/no/file", environment: [:]) }?.contains("/no/file") == true
    )
  }
}
