// Imported by the Manifests target only.
#pragma once
#include <yaml.h>
