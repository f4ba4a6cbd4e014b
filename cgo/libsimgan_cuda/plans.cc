// plans DEVICE.json GRAPH...: asks cuDNN, on a machine without a GPU, for plans of plans.h's graphs on the device that
// the file describes. A GRAPH is PASS[+residual][+relu]:n,c,h,w,k,r,stride. Prints a line per graph: its name, the
// number of plans, and "precompiled" (a plan was built), "generated" (its kernel was compiled, and only the driver that
// would load it is missing) or "no". WHY=1 adds the reason.
#include "plans.h"

#include <dlfcn.h>

#include "compile.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

// The graph library, because libcudnn.so.9 needs cuBLAS.
namespace cudnn_frontend {
void *cudnn_dlhandle = (sg::rtc::compiler::library(), dlopen("libcudnn_graph.so.9", RTLD_NOW));
}

namespace fe = cudnn_frontend;

static std::shared_ptr<fe::DeviceProperties> read_device(const char *path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(std::string(path) + " cannot be read");
  std::vector<uint8_t> content((std::istreambuf_iterator<char>(file)), {});
  auto device = std::make_shared<fe::DeviceProperties>();
  sg::good(device->deserialize(content));
  return device;
}

static sg::Request parse(const std::string &text) {
  sg::Request r{
      sg::Request::forward, text.find("+residual") != std::string::npos, text.find("+relu") != std::string::npos, {}};
  if (text.rfind("input", 0) == 0) r.pass = sg::Request::input;
  if (text.rfind("weight", 0) == 0) r.pass = sg::Request::weight;
  auto &l = r.layer;
  const auto sizes = text.find(':');
  if (sizes != std::string::npos)
    sscanf(text.c_str() + sizes, ":%ld,%ld,%ld,%ld,%ld,%ld,%ld", &l.n, &l.c, &l.h, &l.w, &l.k, &l.r, &l.stride);
  if (l.stride < 1 || r.name() != text)
    throw std::runtime_error(text + ": want PASS[+residual][+relu]:n,c,h,w,k,r,stride");
  return r;
}

// Returns the kind of the first plan that can be built. A kernel that cuDNN generates is compiled before
// cuLibraryLoadData is called, which only a driver can do.
static std::string first_plan(fe::graph::Graph &g, std::string &why) {
  for (int64_t i = 0; i < g.get_execution_plan_count(); i++) {
    auto e = g.build_plan_at_index(i);
    if (e.is_good()) return "precompiled";
    why = e.get_message();
    if (why.find("cuLibraryLoadData") != std::string::npos) return "generated";
  }
  return "no";
}

static void ask(const std::shared_ptr<fe::DeviceProperties> &device, const sg::Request &request) {
  fe::graph::Graph g;
  g.set_device_properties(device);
  std::string kind = "no", why;
  long count = 0;
  try {
    sg::plan(g, request, nullptr);
    count = static_cast<long>(g.get_execution_plan_count());
    kind = first_plan(g, why);
  } catch (const std::exception &e) {
    why = e.what();
  }
  printf("%s %ld plans %s\n", request.name().c_str(), count, kind.c_str());
  if (getenv("WHY") && !why.empty()) printf("  %s\n", why.substr(0, 600).c_str());
  fflush(stdout);
}

int main(int n, char **arguments) {
  try {
    if (n < 3) throw std::runtime_error("usage: plans DEVICE.json GRAPH...");
    const auto device = read_device(arguments[1]);
    for (int i = 2; i < n; i++) ask(device, parse(arguments[i]));
  } catch (const std::exception &e) {
    std::cerr << "plans: " << e.what() << "\n";
    return 2;
  }
}
