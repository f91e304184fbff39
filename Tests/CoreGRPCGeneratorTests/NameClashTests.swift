import Foundation
import TestSupport
import Testing

/// Names that protobuf tells apart, and Swift or C does not.
@Suite("Clashing names") struct NameClashTests {
  private func files(_ declarations: String, syntax: String = "proto2") async throws -> [String: String] {
    let result = try await Protoc.run(["t.proto": "syntax = \"\(syntax)\";\npackage p;\n\(declarations)\n"])
    #expect(result.status == 0)
    return result.files
  }

  private func expect(_ file: String, of declarations: String, contains pieces: [String]) async throws {
    let text = try #require(try await files(declarations)[file])
    for piece in pieces { #expect(text.contains(piece), "\(piece)") }
  }

  @Test(
    "In Swift, the second declaration gets another name",
    arguments: [
      (
        "message A {\n  optional int32 foo_bar = 1;\n  optional int32 fooBar = 2;\n}",
        ["var fooBar: Int32?", "var fooBar_2: Int32?"]
      ),
      (
        "message A {\n  optional int32 a = 1;\n  oneof A { int32 b = 2; }\n}",
        ["var a: Int32?", "var a_p: OneOf_A?"]
      ),
      ("enum E {\n  E_ONE = 0;\n  One = 1;\n}", ["case eOne\n", "case one\n"]),
      (
        "message A {\n  message Type {}\n  message TypeMessage {}\n}",
        [
          "struct TypeMessage_: Message {", "struct TypeMessage: Message {",
          "protoMessageName: String { \"p.A.Type\" }",
        ]
      ),
      ("message TFile {}", ["struct P_TFile: Message {", "enum P_TFileDescriptor {"]),
      ("message A { optional A a = 1; optional A _a = 2; }", ["@Indirect public var a: P_A?", "var _a_p: P_A?"]),
      ("message A { map<int32, int32> _1 = 1; }", ["enum _1EntryLayout: @unsafe MessageLayout {"]),
      ("message A { optional int32 set = 1 [default = 3]; }", ["var setOrDefault: Int32 { self.set ?? 3 }"]),
    ]
  )
  func swift(_ declarations: String, _ expected: [String]) async throws {
    try await expect("t.pb.swift", of: declarations, contains: expected)
  }

  @Test("Without a package, a message inside another does not hide one at the top that the other names")
  func nameless() async throws {
    let source = "syntax = \"proto3\";\nmessage Item {}\nmessage Basket { message Item {} .Item a = 1; Item b = 2; }\n"
    let text = try #require(try await Protoc.run(["t.proto": source]).files["t.pb.swift"])
    #expect(text.contains("public var a: Item?\n") && text.contains("public var b: Basket.ItemMessage?\n"))
  }

  @Test("An extension's property hides no type that the message names; two extensions have two constants")
  func extensions() async throws {
    let source = """
      syntax = "proto2";
      message A_b { optional A_b a = 1; extensions 100 to 200; message C {} }
      message A { extend A_b { optional int32 b = 100; optional bool class = 101 [default = true]; } }
      message A_b_C { extend A_b { optional int32 d = 102; } }
      """
    let text = try #require(try await Protoc.run(["t.proto": source]).files["t.pb.swift"])
    #expect(text.contains("nonisolated var A_b_p: Int32? {") && text.contains("let A_Extensions_b = "))
    #expect(text.contains("nonisolated var A_classOrDefault: Bool { self.A_class ?? true }"))
  }

  @Test("No type at the top is hidden by an associated type of a protocol to which generated types conform")
  func associatedTypes() async throws {
    let names = try TypesOfProtocols().inGeneratedTypes
    // What the sources are known to have: the search does find them.
    #expect(names.isSuperset(of: ["CMessage", "Value"]))
    for name in names.sorted() {
      let user = "message B { \(name) a = 1; map<int32, \(name)> b = 2; }\n"
      for (declaration, type) in [
        ("message \(name) {}", "struct \(name)Message: Message {"),
        ("enum \(name) { NONE = 0; }", "enum \(name)Enum: Enumeration {"),
      ] {
        for package in ["", "package p;\noption swift_prefix = \"\";\n"] {
          let source = "syntax = \"proto3\";\n\(package)\(declaration)\n\(user)"
          let text = try #require(try await Protoc.run(["t.proto": source]).files["t.pb.swift"])
          #expect(text.contains(type), "\(name)")
        }
      }
    }
  }

  @Test("A type inside the extended message hides neither an extension's type nor its constant")
  func hiddenInExtensions() async throws {
    let source = """
      syntax = "proto2";
      message Item {}
      enum OneOf_Kind { NONE = 0; }
      message Basket {
        message Item {}
        message Extensions_c {}
        oneof kind { int32 d = 1; }
        extensions 100 to 200;
      }
      extend Basket { optional .Item a = 100; repeated OneOf_Kind b = 101; optional .Basket.Item c = 102; }
      """
    let files = try await Protoc.run(["t.proto": source]).files
    let text = try #require(files["t.pb.swift"])
    #expect(text.contains("let Extensions_a = MessageExtension<Basket, Item?>("))
    #expect(text.contains("public typealias Extensions_a_Value = Item\n"))
    #expect(text.contains("var a: Extensions_a_Value? {"))
    #expect(text.contains("public typealias Extensions_b_Value = OneOf_Kind\n"))
    #expect(text.contains("var b: [Extensions_b_Value] {"))
    #expect(text.contains("var c: Basket.Item? {\n    get { self[Extensions_c_] }"))
  }

  @Test("An extension hides no constant of another of the same message")
  func hiddenConstants() async throws {
    let source = """
      syntax = "proto2";
      message M { extensions 100 to 200; }
      message Extensions { extend M { optional int32 a = 100; } }
      extend M { optional int32 a = 101; }
      """
    let text = try #require(try await Protoc.run(["t.proto": source]).files["t.pb.swift"])
    #expect(text.contains("var a: Int32? {\n    get { self[Extensions_a] }"))
    #expect(text.contains("var Extensions_a_p: Int32? {\n    get { self[Extensions_Extensions_a] }"))
  }

  @Test("The type of an extension of another module's message")
  func hiddenInExtensionsOfModules() async throws {
    let basket = "syntax = \"proto2\"; package p; message Basket { message P_Item {} extensions 100 to 200; }"
    let item = """
      syntax = "proto2"; package p; import "basket.proto"; message Item {} extend Basket { optional Item a = 100; }
      """
    let result = try await Protoc.run(
      ["basket.proto": basket, "item.proto": item],
      generating: ["item.proto"],
      options: "Visibility=Public,CModule=CThings,ModuleMappings=FOLDER/modules.txt",
      extraFiles: ["modules.txt": "basket.proto = Baskets, CBaskets\n"]
    )
    let text = try #require(result.files["item.pb.swift"])
    #expect(text.contains("public import Baskets\n"))
    #expect(text.contains("public typealias P_Extensions_a_Value = P_Item\n"))
    #expect(text.contains("var P_a: P_Extensions_a_Value? {"))
  }

  @Test("An extension's default gives way to an extension, a constant to a type")
  func extensionDefaults() async throws {
    try await expect(
      "t.pb.swift",
      of: """
        message M { extensions 100 to 200; }
        message Extensions_b {}
        extend M { optional int32 a = 100 [default = 1]; optional int32 aOrDefault = 101; optional int32 b = 102; }
        """,
      contains: [
        "var P_aOrDefault: Int32? {", "var P_aOrDefault_p: Int32 { self.P_a ?? 1 }", "struct P_Extensions_b: Message {",
        "let P_Extensions_b_ = ",
      ]
    )
  }

  @Test("Extensions of two files that have the same name in Swift")
  func extensionsOfFiles() async throws {
    func source(_ package: String, _ number: Int) -> String {
      "syntax = \"proto2\"; package \(package); import \"m.proto\"; extend M { optional int32 a = \(number); }"
    }
    let files = try await Protoc.run([
      "m.proto": "syntax = \"proto2\"; message M { extensions 100 to 200; }",
      "a.proto": source("p", 100), "b.proto": source("P", 101),
    ]).files
    let first = try #require(files["a.pb.swift"])
    #expect(first.contains("let P_Extensions_a = ") && first.contains("var P_a: Int32? {"))
    let second = try #require(files["b.pb.swift"])
    #expect(second.contains("let P_Extensions_a_ = ") && second.contains("var P_a_p: Int32? {"))
    #expect(second.contains("get { self[P_Extensions_a_] }"))
  }

  @Test("Methods of the same name in Swift, and methods named as parameters and types of generated code")
  func methods() async throws {
    let names = [
      "Get", "get", "Request", "Metadata", "Options", "Context", "Message", "Writer", "Producer", "OnResponse",
    ]
    let text = try #require(
      try await files(
        "message A {}\nservice S {\n\(names.map { "  rpc \($0) (A) returns (stream A);\n" }.joined())}"
      )["t.grpc.swift"]
    )
    #expect(text.contains("func get<") && text.contains("func get_<"))
    #expect(text.contains("try await self.request(request: request, options: options)"))
    #expect(text.contains("enum MetadataMethod {"))
  }

  @Test(
    "In C, the second declaration gets another name, and a descriptor keeps its own",
    arguments: [
      (
        "message HttpCode {} message httpCode {}", ["CThings__P__HttpCode", "CThings__P__HttpCodeC2"],
        ["\"p.httpCode\","]
      ),
      ("message A { message B {} } message A_B {}", ["CThings__P__A__B", "CThings__P__AB"], ["\"p.A_B\","]),
      (
        "message A { enum Kind { NOT_SET = 0; } oneof kind { int32 a = 1; } }",
        ["CTHINGS__P__A__KIND__NOT_SET = 0", "CTHINGS__P__A__KIND_C2__NOT_SET = 0", "kind_c2_case;"], []
      ),
      (
        "message A { message KindCase {} oneof kind { int32 a = 1; } }",
        ["CThings__P__A__KindCase\n", "CThings__P__A__KindC2Case;"], []
      ),
      (
        "message A { optional int32 restrict = 1; optional int32 typeof = 2; optional int32 __linux = 3; }",
        ["int32_t restrict_;", "int32_t typeof_;", "int32_t __linux_;"],
        ["\"restrict\",", "\"typeof\",", "\"__linux\","]
      ),
      (
        "message A { optional int32 foo = 1; optional int32 FOO = 2; }", ["int32_t foo;", "int32_t foo_;"], ["\"FOO\","]
      ),
    ]
  )
  func c(_ declarations: String, _ declared: [String], _ described: [String]) async throws {
    try await expect("t.pb-c.h", of: declarations, contains: declared)
    try await expect("t.pb-c.c", of: declarations, contains: described)
  }

  @Test("In C, a field gets no name that a descriptor has for something else")
  func descriptors() async throws {
    let source = """
      syntax = "proto2";
      message restrict_ {}
      message A { enum typeof_ { NONE = 0; } optional int32 restrict = 1; optional int32 typeof = 2; }
      """
    let files = try await Protoc.run(["t.proto": source]).files
    let header = try #require(files["t.pb-c.h"])
    #expect(header.contains("int32_t restrict__;") && header.contains("int32_t typeof__;"))
    let descriptors = try #require(files["t.pb-c.c"])
    #expect(descriptors.contains("  \"restrict_\",\n  \"Restrict\",\n"))
    #expect(descriptors.contains("  \"A.typeof_\",\n  \"typeof_\",\n"))
    #expect(descriptors.contains("    \"restrict\",\n") && descriptors.contains("    \"typeof\",\n"))
  }
}
