// Imported by the headstart target only.
#pragma once

// How many arguments the process was started with, its name included: argc.
int headstart_argument_count(void);

// The argument of an index from 0 below the count. Lives as long as the process.
const char *headstart_argument(int index);
