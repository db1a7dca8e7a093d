#include "CExternalScaler.h"
