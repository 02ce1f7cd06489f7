#include "CBatonShims.h"
