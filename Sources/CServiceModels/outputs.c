#include "CServiceModels.h"

static const unsigned char outputs[] = {
#embed "outputs.txt"
};

const unsigned char *baton_service_outputs(void) { return outputs; }
size_t baton_service_outputs_length(void) { return sizeof outputs; }
