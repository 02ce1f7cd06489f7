#ifndef C_SERVICE_MODELS_H
#define C_SERVICE_MODELS_H

#include <stddef.h>

/// The bytes of outputs.txt, which scripts/service-models.py describes; never freed.
const unsigned char *_Nonnull baton_service_outputs(void);
size_t baton_service_outputs_length(void);

#endif
