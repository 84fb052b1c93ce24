{{ product_attributes() }}
