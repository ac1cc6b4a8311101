"""SimCLR and nothing else: from images to a trained encoder, and what is measured on it.

What is where, a line an idea; what a person writes or calls comes first in it:

    settings        experiment, value, draws, signatures
    images          data, images, shapes, sources, layouts, parquet_images, decode, arrange, image_cache
    streamed ones   streamed, index, files, crop_files, first_crop, loaders, fetch
    augmentations   augmentations, geometry, color, filters, motion_blur, policies
    networks        encoders, heads, model, global_batch_norm
    losses          losses, triplets, row_chunks, contrastive_metrics
    training        pretrain, step, optimizer, journal, ranks, trouble, footprint
    probes          probe, features, logistic, finetune, finetune_training, transfer, transformations
"""
