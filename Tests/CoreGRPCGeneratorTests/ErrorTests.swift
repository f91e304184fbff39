import Testing

@Suite("Errors") struct ErrorTests {
  @Test(
    "A path that neither C nor Swift can have, or two files that would be one",
    arguments: [
      (["a*/b.proto"], "a*/b.proto: the path of a .proto file cannot have quotation marks"),
      (["a/b.proto", "a_b.proto"], "a_b.proto: the Swift of a/b.proto and of a_b.proto would both be a_b.pb.swift"),
    ]
  )
  func paths(_ paths: [String], _ expected: String) async throws {
    let sources = Dictionary(uniqueKeysWithValues: paths.map { ($0, "syntax = \"proto3\";\n") })
    let result = try await Protoc.run(
      sources,
      options: "Visibility=Public,CModule=CThings,FileNaming=PathToUnderscores"
    )
    #expect(result.status != 0)
    #expect(result.errors.contains(expected))
  }

  @Test("A prefix that no Swift type can have")
  func prefix() async throws {
    let source = "syntax = \"proto3\";\noption swift_prefix = \"1-\";\nmessage A {}\n"
    let result = try await Protoc.run(["t.proto": source])
    #expect(result.errors.contains("t.proto:2:1: no type can have a name that begins with “1-”"))
  }

  @Test("The module of the C must be known")
  func missingCModule() async throws {
    let result = try await Protoc.run(["t.proto": "syntax = \"proto3\";\nmessage A {}\n"], options: "Visibility=Public")
    #expect(result.errors.contains("t.proto: its C module is not known: name it by the option CModule"))
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
    #expect(result.errors.contains("t.proto:4:3: the C module of shared.proto is not known: name it after"))
  }

  @Test("A protoc-gen-c that is not there, or fails")
  func protocGenC() async throws {
    let proto = ["t.proto": "syntax = \"proto3\";\nmessage A {}\n"]
    let missing = try await Protoc.run(proto, environment: ["PROTOC_GEN_C": "/nowhere/protoc-gen-c"])
    #expect(missing.errors.contains("PROTOC_GEN_C is “/nowhere/protoc-gen-c”, which is not an executable file"))
    let failing = try await Protoc.run(proto, environment: ["PROTOC_GEN_C": "/bin/false"])
    #expect(failing.errors.contains("/bin/false failed with status 1"))
    let silent = try await Protoc.run(proto, environment: ["PROTOC_GEN_C": "/bin/true"])
    #expect(silent.errors.contains("protoc-gen-c made 0 files of 1 .proto files"))
  }
}
