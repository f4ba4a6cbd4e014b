// plans DEVICE.json GRAPH...: asks cuDNN, on a machine without a GPU, for plans of plans.h's graphs on the device that
// the file describes. A GRAPH is PASS[+residual][+relu][+sum]:n,c,h,w,k,r,stride. Prints a line per graph: its name,
// the number of plans, "precompiled" (a plan was built), "generated" (its kernel was compiled, and only the driver that
// would load it is missing) or "no", and the engine of that plan. WHY=1 adds the reason of the last refusal. ENGINE=N
// tries only plans of that engine. CLUSTERS=1 tells cuDNN how many clusters fit on an H100, which the file cannot.
// BUILD=THREADS builds all plans instead, as a run does, and loads each again. It prints the graph's name, the plans
// that were built, those that were loaded, the seconds that building and loading took, and the seconds of the processor
// in building. LOADS=1 has the stub of the driver take their kernels.
#include "build.h"

#include <dlfcn.h>

#include "compile.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string_view>

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
  const auto has = [&](const char *word) { return text.find(word) != std::string::npos; };
  sg::Request r{sg::Request::forward, has("+residual"), has("+relu"), has("+sum"), {}};
  if (text.rfind("input", 0) == 0) r.pass = sg::Request::input;
  if (text.rfind("weight", 0) == 0) r.pass = sg::Request::weight;
  auto &l = r.layer;
  const auto sizes = text.find(':');
  if (sizes != std::string::npos)
    sscanf(text.c_str() + sizes, ":%ld,%ld,%ld,%ld,%ld,%ld,%ld", &l.n, &l.c, &l.h, &l.w, &l.k, &l.r, &l.stride);
  if (l.stride < 1 || r.name() != text)
    throw std::runtime_error(text + ": want PASS[+residual][+relu][+sum]:n,c,h,w,k,r,stride");
  return r;
}

// Writes the numbers of clusters of 1 to 16 blocks that fit on an H100 (6 GPCs of 16 SMs, 2 of 18) into cuDNN's own
// properties of the device. On a GPU cuDNN asks the driver for them. Without them it refuses every engine that launches
// clusters. cuDNN 9.19 keeps the compute capability (900) and CUDA's version (13000) at 0x68 and the numbers at 0xd0.
static void write_clusters() {
  std::ifstream maps("/proc/self/maps");
  int found = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long low, high;
    char access[8], name[400] = "";
    sscanf(line.c_str(), "%lx-%lx %7s %*s %*s %*s %399s", &low, &high, access, name);
    const std::string_view in(name);
    if (std::string_view(access).substr(0, 2) != "rw" || (in != "" && in != "[heap]")) continue;
    for (auto p = low; p + 0x200 < high; p += 8) {
      const auto *words = reinterpret_cast<int *>(p);
      if (words[0] != 900 || words[1] != 13000) continue;
      auto *fit = reinterpret_cast<int *>(p - 0x68 + 0xd0);
      for (int size = 1; size <= 16; size++) fit[size - 1] = 6 * (16 / size) + 2 * (18 / size);
      found++;
    }
  }
  if (!found) throw std::runtime_error("CLUSTERS=1: this cuDNN keeps its device properties elsewhere");
}

// Returns the kind of the first plan, of the engine if it is not negative, that can be built, and that plan's engine. A
// kernel that cuDNN generates is compiled before cuLibraryLoadData is called, which only a driver can do.
static std::string first_plan(fe::graph::Graph &g, int64_t wanted, int64_t &engine, std::string &why) {
  for (int64_t i = 0; i < g.get_execution_plan_count(); i++) {
    std::unordered_map<fe::KnobType_t, int64_t> knobs;
    if (g.get_engine_and_knobs_at_index(i, engine, knobs).is_bad()) engine = -1;
    if (wanted >= 0 && engine != wanted) continue;
    auto e = g.build_plan_at_index(i);
    if (e.is_good()) return "precompiled";
    why = e.get_message();
    if (why.find("cuLibraryLoadData") != std::string::npos) return "generated";
  }
  engine = -1;
  return "no";
}

static void ask(const std::shared_ptr<fe::DeviceProperties> &device, const sg::Request &request) {
  fe::graph::Graph g;
  g.set_device_properties(device);
  std::string kind = "no", why;
  long count = 0;
  const char *wanted = getenv("ENGINE");
  int64_t engine = -1;
  try {
    sg::plan(g, request, nullptr);
    count = static_cast<long>(g.get_execution_plan_count());
    kind = first_plan(g, wanted ? atol(wanted) : -1, engine, why);
  } catch (const std::exception &e) {
    why = e.what();
  }
  printf("%s %ld plans %s %ld\n", request.name().c_str(), count, kind.c_str(), static_cast<long>(engine));
  if (getenv("WHY") && !why.empty()) printf("  %s\n", why.substr(0, 600).c_str());
  fflush(stdout);
}

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static void build_and_load(const std::shared_ptr<fe::DeviceProperties> &device, const sg::Request &request,
                           int64_t threads) {
  const auto list = [&](fe::graph::Graph &g) {
    g.set_device_properties(device);
    sg::plan(g, request, nullptr);
  };
  const double start = seconds();
  const auto before = clock();
  const auto all = sg::build_all(list, threads);
  const double built = seconds(), busy = static_cast<double>(clock() - before) / CLOCKS_PER_SEC;
  long good = 0, loaded = 0;
  for (const auto &b : all) {
    if (b.code.empty()) continue;
    good++;
    fe::graph::Graph g;
    g.set_device_properties(device);
    sg::load(g, b.code, nullptr);
    loaded++;
  }
  printf("%s %ld built %ld loaded %.3f %.3f %.3f\n", request.name().c_str(), good, loaded, built - start,
         seconds() - built, busy);
  fflush(stdout);
}

int main(int n, char **arguments) {
  try {
    if (n < 3) throw std::runtime_error("usage: plans DEVICE.json GRAPH...");
    const auto device = read_device(arguments[1]);
    if (getenv("CLUSTERS")) write_clusters();
    const char *threads = getenv("BUILD");
    for (int i = 2; i < n; i++)
      threads ? build_and_load(device, parse(arguments[i]), atol(threads)) : ask(device, parse(arguments[i]));
  } catch (const std::exception &e) {
    std::cerr << "plans: " << e.what() << "\n";
    return 2;
  }
}
