#pragma once

#include <memory>
#include <string>

#include "conformance_test.h"

// Cases that Google's suite of this version leaves out: NUL and UTF-8, maps, depth, presence, groups, wrong wire types,
// negative zero, unknown fields at every place. What is right is what C++ protobuf makes of the same bytes.
class FurtherCases : public google::protobuf::ConformanceTestSuite {
 private:
  void RunSuiteImpl() override;

  void RunStrings();
  void RunMaps();
  void RunDepth();
  void RunPresence();
  void RunGroups();
  void RunWrongWireTypes();
  void RunNegativeZero();
  void RunUnknownFields();

  // The answer has to mean the same as `equivalent`.
  void Equivalent(const google::protobuf::Message& type, const std::string& name, const std::string& bytes,
                  const std::string& equivalent);

  // The answer has to be the very same bytes.
  void Same(const google::protobuf::Message& type, const std::string& name, const std::string& bytes);

  // The bytes have to be refused.
  void Refused(const google::protobuf::Message& type, const std::string& name, const std::string& bytes);

  bool ParseResponse(const conformance::ConformanceResponse& response, const ConformanceRequestSetting& setting,
                     google::protobuf::Message* message) override;
};
