import Testing

@Suite("Errors") struct ErrorTests {
  @Test(
    "Names that are the same in Swift: an error that says where",
    arguments: [
      (
        "message A {\n  optional int32 foo_bar = 1;\n  optional int32 fooBar = 2;\n}",
        "t.proto:5:3: the fields p.A.foo_bar and p.A.fooBar would both be fooBar in Swift"
      ),
      (
        "message A {\n  optional int32 a = 1;\n  oneof A { int32 b = 2; }\n}",
        "t.proto:5:3: the fields p.A.a and p.A.A would both be a in Swift"
      ),
      (
        "enum E {\n  E_ONE = 0;\n  One = 1;\n}",
        "t.proto:5:3: the values p.E.E_ONE and p.E.One would both be one in Swift"
      ),
      (
        "message A {\n  message Type {}\n  message TypeMessage {}\n}",
        "t.proto:5:3: the types p.A.Type and p.A.TypeMessage would both be TypeMessage in Swift"
      ),
      (
        "message A {}\nservice S {\n  rpc Get (A) returns (A);\n  rpc get (A) returns (A);\n}",
        "t.proto:6:3: the methods p.S.Get and p.S.get would both be get in Swift"
      ),
    ]
  )
  func clashes(_ declarations: String, _ expected: String) async throws {
    let result = try await Protoc.run(["t.proto": "syntax = \"proto2\";\npackage p;\n\(declarations)\n"])
    #expect(result.status != 0)
    // protoc itself warns of some of these.
    #expect(result.errors.contains("--coregrpc_out: \(expected)\n"))
  }

  @Test("A message that requires itself")
  func requiresItself() async throws {
    let result = try await Protoc.run(["t.proto": "syntax = \"proto2\";\nmessage A {\n  required A a = 1;\n}\n"])
    #expect(result.errors.contains("t.proto:3:3: A.a makes A require itself: no message can be complete"))
  }

  @Test("The module of the C must be known")
  func missingCModule() async throws {
    let result = try await Protoc.run(["t.proto": "syntax = \"proto3\";\nmessage A {}\n"], options: "Visibility=Public")
    #expect(result.errors.contains("t.proto: the module of its C is not known: name it by the option CModule"))
  }

  @Test("The module of the C of a message in a message must be known")
  func missingCModuleOfAnImport() async throws {
    let result = try await Protoc.run(
      [
        "shared.proto": "syntax = \"proto3\";\npackage shared;\nmessage B {}\n",
        "t.proto": "syntax = \"proto3\";\nimport \"shared.proto\";\nmessage A {\n  optional shared.B b = 1;\n}\n",
      ],
      generating: ["t.proto"],
      options: "CModule=CThings,ModuleMappings=FOLDER/modules.txt",
      extraFiles: ["modules.txt": "shared.proto = Shared\n"]
    )
    #expect(result.errors.contains("t.proto:4:3: the module of the C of shared.proto is not known: name it behind"))
  }

  @Test("A protoc-gen-c that is not there, or fails")
  func protocGenC() async throws {
    let proto = ["t.proto": "syntax = \"proto3\";\nmessage A {}\n"]
    let missing = try await Protoc.run(proto, environment: ["PROTOC_GEN_C": "/nowhere/protoc-gen-c"])
    #expect(missing.errors.contains("PROTOC_GEN_C is “/nowhere/protoc-gen-c”, which is no program"))
    let failing = try await Protoc.run(proto, environment: ["PROTOC_GEN_C": "/bin/false"])
    #expect(failing.errors.contains("/bin/false failed with status 1"))
    let silent = try await Protoc.run(proto, environment: ["PROTOC_GEN_C": "/bin/true"])
    #expect(silent.errors.contains("protoc-gen-c made 0 files of 1 .proto files"))
  }
}
