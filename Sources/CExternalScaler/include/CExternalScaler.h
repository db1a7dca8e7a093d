// Imported by the ScalerMessages target only.
#pragma once
#include "descriptors.h"
#include "externalscaler.pb-c.h"
#include "health.pb-c.h"
#include "reflection.pb-c.h"
